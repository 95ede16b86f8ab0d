"""The tables of a run as Markdown, and their place in docs/benchmarks.md."""
import datetime
import math
import os
import platform

BEGIN, END = "<!-- %s -->", "<!-- end of %s -->"


def machine():
    """CPU model, cores, memory."""
    model = platform.processor() or platform.machine()
    with open("/proc/cpuinfo") as file:
        names = [line.split(":")[1].strip() for line in file if line.startswith("model name")]
    with open("/proc/meminfo") as file:
        memory = int(file.readline().split()[1]) / (1 << 20)
    return "%s, %d cores, %.0f GiB" % (names[0] if names else model, os.cpu_count() or 1, memory)


def table(head, rows):
    """Lines of a Markdown table; a name that begins with '>' is a column of figures."""
    lines = ["| " + " | ".join(name.lstrip(">") for name in head) + " |",
             "| " + " | ".join("---:" if name[0] == ">" else "---" for name in head) + " |"]
    return lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows]


def spread(ratio):
    if not ratio:
        return "-"
    if ratio[0] == ratio[2]:
        return "%.2f" % ratio[1]
    return "%.2f (%.2f-%.2f)" % (ratio[1], ratio[0], ratio[2])


def number(value):
    """Three digits that tell something, thousands parted."""
    if value is None:
        return "-"
    return "{:,.0f}".format(value) if value >= 100 else "%.3g" % value


def quality(line):
    theirs, ours = line["quality"]
    values = "%s %.5f" % (line["metric"], theirs[line["metric"]])
    values += " / %.5f" % ours[line["metric"]]
    return values + (" (worse)" if line["is_worse"] else "")


def training_table(lines):
    rows = []
    for line in lines:
        theirs, ours = line["theirs"], line["ours"]
        peer = line["peer"] + (", %s-wise" % line["layout"] if line["layout"] else "")
        rows.append([
            line["dataset"], line["threads"], peer,
            "%.2f / %.2f" % (theirs["seconds"], ours["seconds"]), spread(line["ratio"]),
            "%.1f / %.1f" % (theirs["cpu_s"], ours["cpu_s"]),
            "%.0f / %.0f" % (theirs["peak_mib"], ours["peak_mib"]),
            "%.0f / %.0f" % tuple(side["peak_mib"] - side["held_mib"] for side in (theirs, ours)),
            quality(line),
        ])
    return table(["data set", ">threads", "beside", ">s", ">ratio", ">cpu s", ">peak MiB",
                  ">grown by MiB", ">held-out rows"], rows)


def geometric_means(lines):
    """One sentence for each peer."""
    sentences = []
    for peer in dict.fromkeys(line["peer"] for line in lines):
        logs = [math.log(line["ratio"][1]) for line in lines if line["peer"] == peer]
        least = min(line["ratio"][1] for line in lines if line["peer"] == peer)
        sentences.append("Beside %s the geometric mean of the ratios is %.2f, the least %.2f." % (
            peer, math.exp(sum(logs) / len(logs)), least))
    return sentences


def inference_table(lines):
    rows = []
    for line in lines:
        rows.append([line["trees"], line["threads"], "{:,}".format(line["rows"]), line["output"],
                     line["peer"], number(line["theirs"]), number(line["ours"]),
                     spread(line["ratio"])])
    return table([">trees", ">threads", ">rows a call", "output", "beside", ">theirs, rows/s",
                  ">Boreal, rows/s", ">ratio"], rows)


def equality(equal):
    return ["%s trees: %s of %s held-out rows have LightGBM's answer to the last bit%s." % (
        trees, "{:,}".format(same), "{:,}".format(count),
        "" if same == count else "; the greatest difference is %.3g" % most)
        for trees, (same, count, most) in equal.items()]


def packages(versions, peers):
    """The versions of what was compared, by the names of PyPI."""
    names = ["lightgbm"] + [name for name in ("xgboost-cpu", "catboost", "scikit-learn",
                                              "onnxruntime", "treelite", "tl2cgen") if peers]
    return ", ".join("%s %s" % (name, versions[name]) for name in names if name in versions)


def render(result):
    """The whole section as lines."""
    lines = ["%s, %s, %s, `%s`; %s," % tuple(result[key] for key in (
        "date", "machine", "packages", "command", "pairs")),
        "in brackets the least and the greatest ratio.", ""]
    if result["training"]:
        lines += ["Training with binning, theirs / Boreal's:", ""]
        lines += training_table(result["training"]) + [""]
        lines += geometric_means(result["training"]) + [""]
    if result["inference"]:
        lines += ["Prediction by models of 255 leaves a tree:", ""]
        lines += inference_table(result["inference"]) + [""] + equality(result["equal"]) + [""]
    if result["skipped"]:
        lines += ["Not measured:", ""] + ["- " + text for text in result["skipped"]] + [""]
    return lines


def today():
    return datetime.date.today().isoformat()


def write(path, name, lines):
    """Puts the lines between the two markers of that name, whatever stood there."""
    with open(path) as file:
        text = file.read()
    begin, end = BEGIN % name, END % name
    if begin not in text or end not in text:
        raise SystemExit("%s lacks '%s' or '%s'" % (path, begin, end))
    head, rest = text.split(begin, 1)
    tail = rest.split(end, 1)[1]
    body = "\n".join(lines).strip()
    with open(path, "w") as file:
        file.write("%s%s\n\n%s\n\n%s%s" % (head, begin, body, end, tail))
