import BorealBoost

/// Sets a share of numbers to zero while a network learns and scales the others up (Srivastava and
/// others 2014, inverted), by random numbers of their positions: who computes a row does not
/// matter.
struct Dropout: Equatable, Sendable {
    /// The share that becomes zero.
    let share: Double
    /// What the others are multiplied by.
    let scale: Float
    private let threshold: UInt32
    private let seed: Int64

    /// - Parameter share: at least 0 and below 1.
    init(share: Double, seed: Int64) {
        assert(share >= 0 && share < 1, "nothing would be left")
        self.share = share
        self.seed = seed
        scale = Float(1 / (1 - share))
        threshold = UInt32(share * 0x1p32)
    }

    /// Whether anything is done at all.
    var isOn: Bool { share > 0 }

    /// The random numbers of one layer in one step.
    func key(step: Int, layer: Int) -> UInt64 {
        RandomNumbers(seed: seed, stream: UInt64(step) << 8 | UInt64(layer)).key
    }

    /// Applies it to some rows.
    ///
    /// - Parameters:
    ///   - values: `[count][stride]`
    ///   - first: number of the first row in its batch.
    ///   - width: numbers of a row.
    func apply(
        _ values: UnsafeMutablePointer<Float>,
        first: Int,
        count: Int,
        width: Int,
        stride: Int,
        key: UInt64
    ) {
        let pairs = (width + 1) / 2
        for row in 0..<count {
            let line = values + row * stride
            let position = UInt64((first + row) * pairs)
            for pair in 0..<pairs {
                let bits = RandomNumbers.at(position &+ UInt64(pair), key: key)
                line[2 * pair] *= UInt32(truncatingIfNeeded: bits) < threshold ? 0 : scale
                guard 2 * pair + 1 < width else { break }
                line[2 * pair + 1] *= UInt32(truncatingIfNeeded: bits >> 32) < threshold ? 0 : scale
            }
        }
    }
}
