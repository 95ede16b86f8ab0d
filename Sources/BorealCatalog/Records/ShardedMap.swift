/// A dictionary in 256 parts, so that changing one entry of a shared copy copies one part only.
///
/// Snapshots share all parts that a commit did not touch.
struct ShardedMap<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private static var shardCount: Int { 256 }

    private var shards: [[Key: Value]]
    private(set) var count = 0

    init() {
        shards = Array(repeating: [:], count: Self.shardCount)
    }

    subscript(key: Key) -> Value? {
        get { shards[Self.shard(of: key)][key] }
        set {
            let shard = Self.shard(of: key)
            let before = shards[shard].count
            shards[shard][key] = newValue
            count += shards[shard].count - before
        }
    }

    /// All values, in no order.
    var values: [Value] {
        var all: [Value] = []
        all.reserveCapacity(count)
        for shard in shards { all.append(contentsOf: shard.values) }
        return all
    }

    /// All keys, in no order.
    var keys: [Key] {
        var all: [Key] = []
        all.reserveCapacity(count)
        for shard in shards { all.append(contentsOf: shard.keys) }
        return all
    }

    private static func shard(of key: Key) -> Int {
        key.hashValue & (shardCount - 1)
    }
}
