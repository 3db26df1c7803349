"""Tells ansible-core's events of tasks as k8sbm's JSON lines do, as far as conformance counts them."""

import json
import os
import tempfile

from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "k8sbm_events"

    def __init__(self):
        super().__init__()
        handle, _ = tempfile.mkstemp(dir=os.environ["K8SBM_EVENTS"])
        self.lines = os.fdopen(handle, "w", buffering=1)
        self.tasks = {}

    def tell(self, **event):
        self.lines.write(json.dumps(event) + "\n")

    def v2_playbook_on_task_start(self, task, is_conditional):
        number = self.tasks.setdefault(task._uuid, len(self.tasks))
        place = str(task.get_path())
        self.tell(event="task_started", id=number, module=str(task.action), place=place)

    def v2_playbook_on_handler_task_start(self, task):
        self.v2_playbook_on_task_start(task, False)

    def finished(self, result, outcome):
        number = self.tasks.get(result.task._uuid)
        self.tell(event="host_finished", task=number, outcome=outcome)

    def v2_runner_on_ok(self, result):
        self.finished(result, "ok")

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self.finished(result, "failed")

    def v2_runner_on_skipped(self, result):
        self.finished(result, "skipped")

    def v2_runner_on_unreachable(self, result):
        self.finished(result, "unreachable")
