//! Fields that several kinds have.

use crate::kubernetes::kubeadm::shape::{Fields, Shape::*, field};

/// A taint of a node.
pub(super) const TAINT: Fields = &[
    field("key", Text),
    field("value", Text),
    field("effect", Text),
    field("timeAdded", Text),
];

/// What is logged, and how.
pub(super) const LOGGING: Fields = &[
    field("format", Text),
    // A duration, or a number of nanoseconds.
    field("flushFrequency", Open),
    field("verbosity", Number),
    field("vmodule", Objects(VMODULE)),
    field("options", Open),
];

const VMODULE: Fields = &[field("filePattern", Text), field("verbosity", Number)];

/// Where traces go.
pub(super) const TRACING: Fields = &[
    field("endpoint", Text),
    field("samplingRatePerMillion", Number),
];

/// How a program talks to the API.
pub(super) const CLIENT_CONNECTION: Fields = &[
    field("kubeconfig", Text),
    field("acceptContentTypes", Text),
    field("contentType", Text),
    field("qps", Number),
    field("burst", Number),
];
