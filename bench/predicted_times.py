"""Microseconds that a step of a recurrence should take on an H200, by the arithmetic that the dispatcher
(cuda/schedule.cpp) goes by: floors of latency times 1.4, and the rates of its units. To be set beside what is measured."""

MULTIPROCESSORS = 132
SOLO_EXCHANGE, CLUSTER_EXCHANGE, SCAN_STEP, STEPWISE_PRODUCT = 0.20, 0.36, 0.05, 5.0
MULTIPLY_ADDS = 128 * 1.7e3 / 1.5  # per microsecond and multiprocessor
STEPWISE_FLOPS = 3e7  # per microsecond
BACKWARD = 1.6  # times forward: the same products, and more to read and write


def blocks_of(matrices, units):
    """Blocks that share the weights of one network: at most 128 of them in a thread's registers."""
    if units <= 64:
        return 1
    if units <= 128:
        return 1 if matrices <= 2 else 2
    return 4 if matrices <= 2 else 8


def predicted_us_per_step(arithmetic, units, batch, direction, replicas=1, schedule="auto"):
    """arithmetic: of a cell, as `hysteron info --json` tells it: how many recurrent matrices there are, and how many
    products one after the other."""
    matrices, phases = arithmetic["matrices"], max(1, arithmetic["products"])
    factor = BACKWARD if direction == "backward" else 1.0
    if matrices == 0 and schedule != "stepwise":
        return SCAN_STEP * factor
    stepwise = (STEPWISE_PRODUCT * phases + 2.0 * matrices * units**2 * batch * replicas / STEPWISE_FLOPS) * factor
    if schedule == "stepwise" or units > 256:
        return stepwise
    blocks = blocks_of(matrices, units)
    exchange = (CLUSTER_EXCHANGE if blocks > 1 else SOLO_EXCHANGE) * phases
    best = None
    for sequences in (1, 4, 8) if blocks > 1 else (1, 4):
        arithmetic = sequences * matrices * units**2 / blocks / MULTIPLY_ADDS
        slices = -(-batch // sequences)
        of_each = -(-replicas * slices * blocks // MULTIPROCESSORS)
        time = max(exchange + arithmetic, of_each * arithmetic)
        best = time if best is None else min(best, time)
    return min(best * factor, stepwise)


def predicted_warm_up_us(arithmetic):
    """A gradient step of the warm-up of 2 x 256 units on 32 sequences: 600 steps of theirs and 200 under the constant
    input, forward and backward; for products over all steps, VAA*, Adam and what waits for the host 500."""
    step = sum(predicted_us_per_step(arithmetic, 256, 32, direction) for direction in ("forward", "backward"))
    return 2 * (600 + 200) * step + 500
