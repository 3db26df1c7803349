#!/bin/sh
echo marked >"$1"
