"""What a run in a process of its own measures about itself: time, cores, memory."""
import statistics
import time

SAMPLE_S = 0.001
SAMPLES_MIN = 3
# A single call that takes longer is the only sample.
LONG_CALL_S = 2.0


def status_mib(field):
    """`VmRSS` (held now) or `VmHWM` (held at most) of this process, in MiB."""
    with open("/proc/self/status") as status:
        line = next(line for line in status if line.startswith(field + ":"))
    return int(line.split()[1]) / 1024


def reset_peak():
    """Makes `VmHWM` begin anew at what is held now; it stays the whole run's where it may not."""
    try:
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")
    except OSError:
        pass


class Phase:
    """Wall and core seconds of a `with` block, and the memory held before it and at most in it."""

    def __enter__(self):
        reset_peak()
        self.held_mib = status_mib("VmRSS")
        self.start, self.start_cpu = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *_):
        self.seconds = time.perf_counter() - self.start
        self.cpu_s = time.process_time() - self.start_cpu
        self.peak_mib = status_mib("VmHWM")


def rates(call, inputs, rows, seconds):
    """Medians of rows a second of `call(input)`, the inputs in turn, as `boreal bench` has them."""
    turn = 0

    def one():
        nonlocal turn
        call(inputs[turn])
        turn = (turn + 1) % len(inputs)

    start = time.perf_counter()
    one()
    first = time.perf_counter() - start
    calls = max(1, int(SAMPLE_S / max(first, 1e-9)))
    samples = [first] if first > LONG_CALL_S else []
    end = time.perf_counter() + seconds
    while not samples or (first <= LONG_CALL_S
                          and (len(samples) < SAMPLES_MIN or time.perf_counter() < end)):
        start = time.perf_counter()
        for _ in range(calls):
            one()
        samples.append((time.perf_counter() - start) / calls)
    middle = statistics.median(samples)
    return {
        "rows": rows, "samples": len(samples), "call_us": middle * 1e6,
        "rows_per_s": rows / middle, "rows_per_s_min": rows / max(samples),
        "rows_per_s_max": rows / min(samples),
    }
