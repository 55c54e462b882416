"""The results of gpu_check.py as a page: what was measured beside what was predicted and beside PyTorch, and whether the
goals of an H200 are met."""
import re

from predicted_times import predicted_us_per_step, predicted_warm_up_us

UNITS, BATCHES = (32, 64, 128, 256, 512, 1024), (1, 16, 32, 128, 512)
OFF_BY = 1.5  # a figure that misses its prediction by this factor or more is marked, and a line has to say why


def times_of(results, section):
    found = {}
    for name, part in results["parts"].items():
        if name.startswith(section + ":"):
            found.update(part.get("times", {}))
    return found


def number(value):
    return "-" if value is None else f"{value:.2f}" if value < 100 else f"{value:.0f}"


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def us(times, name, key="us_per_step"):
    return times.get(name, {}).get(key)


def beside(measured, predicted):
    if measured is None:
        return "-"
    missed = measured / predicted > OFF_BY or predicted / measured > OFF_BY
    return f"{number(measured)} ({number(predicted)}){' *' if missed else ''}"


def recurrences(results):
    ours, theirs = times_of(results, "recurrence"), times_of(results, "pytorch")
    pages = []
    for cell, arithmetic in results["cells"].items():
        rows = []
        for units in UNITS:
            for batch in BATCHES:
                row = [str(units), str(batch)]
                for direction in ("forward", "backward"):
                    auto = us(ours, f"recurrence/{cell}/auto/units:{units}/batch:{batch}/{direction}")
                    row.append(beside(auto, predicted_us_per_step(arithmetic, units, batch, direction)))
                    stepwise = us(ours, f"recurrence/{cell}/stepwise/units:{units}/batch:{batch}/{direction}")
                    row.append(number(stepwise))
                    for kind in ("fp32", "tf32"):
                        row.append(number(us(theirs, f"{cell}/{kind}/units:{units}/batch:{batch}", direction)))
                if any(value != "-" for value in row[2:]):
                    rows.append(row)
        if rows:
            columns = ["units", "batch"]
            for direction in ("forward", "backward"):
                columns += [f"{direction}: auto (predicted)", "stepwise", "cuDNN fp32", "cuDNN TF32"]
            pages.append(f"### {cell}\n\n" + table(columns, rows))
    return "\n".join(pages)


def others(results):
    pages = []
    population = times_of(results, "population")
    rows = []
    for cell, arithmetic in results["cells"].items():
        for direction in ("forward", "backward"):
            row = [cell, direction]
            for replicas in (1, 16, 132, 528):
                measured = us(population, f"population/{cell}/replicas:{replicas}/{direction}")
                row.append(beside(measured, predicted_us_per_step(arithmetic, 64, 4, direction, replicas)))
            rows.append(row)
    pages.append("## Populations\n\n64 units, 4 sequences each, 300 steps: microseconds a step (predicted)\n\n"
                 + table(["cell", "direction", "1 model", "16", "132", "528"], rows))
    constant, warm = times_of(results, "constant_input"), times_of(results, "warm_up_step")
    rows = []
    for cell, arithmetic in results["cells"].items():
        row = [cell]
        for units in (64, 256):
            measured = us(constant, f"constant_input/{cell}/units:{units}/forward", "us")
            row.append(beside(measured, 1e4 * predicted_us_per_step(arithmetic, units, 128, "forward")))
        row.append(beside(us(warm, f"warm_up_step/{cell}", "us"), predicted_warm_up_us(arithmetic)))
        rows.append(row)
    pages.append("## Constant input, warm-up\n\nMicroseconds: 10,000 steps of 128 sequences under a constant input; "
                 "a gradient step of the warm-up, 2 x 256 units, 32 sequences of 600 steps (both: predicted)\n\n"
                 + table(["cell", "64 units", "256 units", "warm-up step"], rows))
    operations = times_of(results, "operations")
    rows = [[name.removeprefix("operations/"), number(of.get("us")), number(of.get("GFLOP/s")), number(of.get("GB/s"))]
            for name, of in operations.items()]
    pages.append("## Operations\n\n" + table(["", "us", "GFLOP/s", "GB/s"], rows))
    sections = ("recurrence", "pytorch", "population", "constant_input", "warm_up_step", "operations")
    refused = {name: of["error"] for section in sections for name, of in times_of(results, section).items()
               if "error" in of}
    if refused:
        pages.append("## Not measured\n\n" + table(["", "why"], [[name, why] for name, why in refused.items()]))
    return "\n".join(pages)


def goals(results):
    """(goal, what was found, whether it is met; None: not measured)."""
    ours, theirs, population = (times_of(results, name) for name in ("recurrence", "pytorch", "population"))

    def both(times, name):
        parts = [us(times, f"{name}/{direction}") for direction in ("forward", "backward")]
        return None if None in parts else sum(parts)

    found = []
    for cell in ("lstm", "gru"):
        for units in (64, 128):
            for batch in BATCHES:
                own = both(ours, f"recurrence/{cell}/auto/units:{units}/batch:{batch}")
                their = theirs.get(f"{cell}/fp32/units:{units}/batch:{batch}", {})
                if own is not None and "forward" in their:
                    other = their["forward"] + their["backward"]
                    found.append((f"{cell}, {units} units, batch {batch}: no slower than cuDNN fp32",
                                  f"{number(own)} against {number(other)} us a step", own <= other))
    for cell in (cell for cell, told in results["cells"].items() if not told["torch"]):  # cuDNN has the others
        for units in (64, 128, 256):
            own = both(ours, f"recurrence/{cell}/auto/units:{units}/batch:32")
            gru = both(ours, f"recurrence/gru/auto/units:{units}/batch:32")
            if own is not None and gru is not None:
                found.append((f"{cell}, {units} units, batch 32: at most twice the gru", f"{own / gru:.2f} times",
                              own <= 2 * gru))
    one, many = (both(population, f"population/gru/replicas:{replicas}") for replicas in (1, 132))
    if one is not None and many is not None:
        found.append(("132 models of a 64-unit gru: at most 1.5 times the time of one", f"{many / one:.2f} times",
                      many <= 1.5 * one))
    return found


def tables(results):
    pages = [f"# {results['gpu']}\n\nWritten by bench/gpu_check.py. A star: off its prediction "
             f"(bench/predicted_times.py) by more than {OFF_BY} times.\n"]
    rows = []
    for name, part in results["parts"].items():
        if re.match("tests|sanitizer", name):
            error, skipped = part.get("largest_error"), part.get("skipped", 0)
            verdict = "not run: " + skipped if isinstance(skipped, str) else \
                "passed" if part["ok"] else "FAILED " + ", ".join(part.get("failed", {}))
            rows.append([name, verdict, str(part.get("passed", "-")), str(skipped) if isinstance(skipped, int) else "-",
                         "-" if error is None else f"{error:.1e}"])
    pages.append("## Tests\n\n" + table(["", "", "cases passed", "skipped", "largest relative error"], rows))
    rows = [[goal, said, "met" if met else "MISSED"] for goal, said, met in goals(results)]
    pages.append("## Goals\n\n" + table(["", "measured", ""], rows))
    pages.append("## Recurrences\n\nMicroseconds a step, 1000 steps, one input value, one model. Ours has the input half "
                 "and, backward, all weight gradients in it, as cuDNN's has.\n\n" + recurrences(results))
    pages.append(others(results))
    return "\n".join(pages)
