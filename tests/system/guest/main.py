# SPDX-License-Identifier: Apache-2.0
"""Guest side of the kernel lab: runs the stages one after another, each in a fresh world of its own."""
import json
import signal
import sys
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import stages  # noqa: E402
from checks import Report, Skip, StageFailed  # noqa: E402

STAGE_LIMIT_S = 300


class StageTimeout(BaseException):
    """Not an Exception, so that no stage can swallow it."""


def on_alarm(_number, _frame):
    raise StageTimeout


def run_stage(name, stage, lab, report):
    report.stage = name
    signal.alarm(STAGE_LIMIT_S)
    try:
        with lab.stage(name):
            stage(lab, report)
    except Skip as reason:
        report.skip(reason)
    except StageFailed:
        pass  # its check is in the report
    except StageTimeout:
        report.check(f"ends within {STAGE_LIMIT_S} s", False)
    except Exception as error:  # a broken stage is a failed check, and the others still run
        traceback.print_exc()
        report.check("no exception", False, repr(error))
    finally:
        signal.alarm(0)


def main():
    share = Path(sys.argv[1])
    plan = json.loads((share / "plan.json").read_text())
    report = Report(share / "results.jsonl")
    report.write(kind="alive")
    signal.signal(signal.SIGALRM, on_alarm)
    lab = stages.Lab(Path(plan["source"]), Path(plan["build"]), share)
    unknown = sorted({*plan["stages"], *plan["skip"]} - set(stages.ALL))
    for name in unknown:
        report.stage = name
        report.check("is a stage", False, "stages: " + ", ".join(stages.ALL))
    for name, stage in stages.ALL.items():
        if name in plan["skip"]:
            report.stage = name
            report.skip("left out, as asked")
        elif name in stages.ALWAYS or not plan["stages"] or name in plan["stages"]:
            run_stage(name, stage, lab, report)
    report.write(kind="end")


main()
