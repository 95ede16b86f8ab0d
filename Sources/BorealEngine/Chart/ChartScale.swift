import Glibc

/// An axis of numbers with round ticks.
struct ChartScale: Equatable {
    /// The first and the last tick.
    let low: Double
    let high: Double
    /// From one tick to the next.
    let step: Double

    /// A scale over these numbers and zero, with about five ticks.
    ///
    /// - Parameter numbers: none beyond `ChartSeries.numberMax`.
    init(_ numbers: [Double]) {
        let least = min(numbers.min() ?? 0, 0)
        let greatest = max(numbers.max() ?? 0, 0)
        let span = (greatest - least) / 5
        guard span > 0 else {
            (low, high, step) = (0, 1, 0.25)
            return
        }
        let power = pow(10, floor(log10(span)))
        let share = span / power
        let unit = [1, 2, 2.5, 5, 10].first { share <= $0 * 1.000_001 } ?? 10
        step = unit * power
        low = floor(least / step) * step
        high = ceil(greatest / step) * step
    }

    /// The ticks from low to high.
    var ticks: [Double] {
        let count = Int(((high - low) / step).rounded())
        return (0...max(count, 1)).map { low + Double($0) * step }
    }

    /// Where a number lies: 0 at the first tick, 1 at the last.
    func place(_ number: Double) -> Double {
        min(max((number - low) / (high - low), 0), 1)
    }

    /// A number as an axis shows it: `0.25`, `1,500`, `2.5M`.
    static func text(_ number: Double) -> String {
        guard number.isFinite else { return "?" }
        let size = abs(number)
        for (limit, mark) in [(1e12, "T"), (1e9, "G"), (1e6, "M")] where size >= limit {
            guard size < limit * 1e6 else { break }
            return plain(number / limit) + mark
        }
        if size >= 1e15 || size > 0 && size < 1e-4 { return "\(number)" }
        return plain(number)
    }

    /// At most six digits, thousands apart.
    private static func plain(_ number: Double) -> String {
        let size = abs(number)
        let decimals = size >= 1_000 ? 0 : size >= 100 ? 1 : size >= 1 ? 3 : 6
        let factor = pow(10, Double(decimals))
        let rounded = (size * factor).rounded()
        let whole = String(Int(rounded / factor))
        var digits = ""
        for (index, digit) in whole.enumerated() {
            if index > 0, (whole.count - index) % 3 == 0 { digits += "," }
            digits.append(digit)
        }
        var fraction = ""
        if decimals > 0 {
            let rest = String(Int(rounded.truncatingRemainder(dividingBy: factor)))
            fraction = String(repeating: "0", count: decimals - rest.count) + rest
            while fraction.last == "0" { fraction.removeLast() }
        }
        return (number < 0 && rounded > 0 ? "-" : "") + digits
            + (fraction.isEmpty ? "" : "." + fraction)
    }
}
