import BorealBase
import BorealBoost
import BorealCatalog
import BorealGraph
import BorealLearners

/// What a training run depends on: two runs with equal fingerprints make equal models.
struct TrainingFingerprint: Equatable {
    /// SHA-256 over columns, categories, labels, weights, starting scores and groups, in
    /// the order of the rows.
    let data: String
    /// SHA-256 over all parameters but the number of threads.
    let parameters: String
    /// `random_state`
    let seed: Int64
    /// The version that trained.
    let engine: String
    /// Rows trained on.
    let rows: Int
    /// Where the statement ran, for running it again.
    let database: String
    let sqlMode: String
    let timeZone: String
    let source: SourceSettings?

    /// - Throws: `CatalogError.cryptography`.
    init(_ set: TrainingSetBuilder.Output, _ payload: JobPayload) throws {
        let hasher = FingerprintHasher(try SHA256Hasher())
        try hasher.add(set)
        data = try hasher.finish()
        let words = FingerprintHasher(try SHA256Hasher())
        if let learner = set.learner {
            for (name, value) in learner.parameters where name != "n_jobs" {
                try words.add("\(name)=\(value)")
            }
            seed = learner.seed
        } else {
            var parameters = set.parameters
            parameters.threads = 0
            try words.add("\(parameters)")
            seed = set.parameters.seed
        }
        self.parameters = try words.finish()
        engine = ProductVersion.text
        rows = set.data.rowCount
        database = payload.database
        sqlMode = payload.sqlMode
        timeZone = payload.timeZone
        source = payload.source
    }

    /// Reads the stored form; nil for a model that has none.
    init?(json text: String) {
        // A model of an older release or from elsewhere has no fingerprint, however it is spelt.
        guard !text.isEmpty, let json = try? JSON.parse(text),
            let data = json["data"]?.string, let parameters = json["parameters"]?.string,
            let seed = json["seed"]?.integer, let engine = json["engine"]?.string,
            let rows = json["rows"]?.integer, let database = json["database"]?.string,
            let sqlMode = json["sql_mode"]?.string, let timeZone = json["time_zone"]?.string
        else { return nil }
        self.data = data
        self.parameters = parameters
        self.seed = seed
        self.engine = engine
        self.rows = Int(rows)
        self.database = database
        self.sqlMode = sqlMode
        self.timeZone = timeZone
        source = SourceSettings(json: json["source"])
    }

    /// The form that the registry keeps.
    var json: JSON {
        .object([
            ("data", .string(data)), ("parameters", .string(parameters)),
            ("seed", .integer(seed)), ("engine", .string(engine)),
            ("rows", .integer(Int64(rows))), ("database", .string(database)),
            ("sql_mode", .string(sqlMode)), ("time_zone", .string(timeZone)),
            ("source", SourceSettings.json(source)),
        ])
    }
}

/// Feeds a training set to a hash. Every part begins with its length, so that no two sets give the
/// same bytes.
private struct FingerprintHasher: ~Copyable {
    private let hasher: SHA256Hasher

    init(_ hasher: consuming SHA256Hasher) { self.hasher = hasher }

    func finish() throws -> String { try hasher.finish() }

    func add(_ text: String) throws {
        let bytes = Array(text.utf8)
        try add(bytes)
    }

    func add<Element: BitwiseCopyable>(_ values: [Element]) throws {
        let count = [UInt64(values.count)]
        try count.withUnsafeBytes { (bytes) throws in try hasher.update(bytes) }
        try values.withUnsafeBytes { (bytes) throws in
            // An empty array may have no memory.
            if !bytes.isEmpty { try hasher.update(bytes) }
        }
    }

    func add(_ set: TrainingSetBuilder.Output) throws {
        for input in set.inputs {
            try add(input.name)
            try add(input.kind)
        }
        if let labels = set.labels {
            for index in 0..<labels.count { try add(labels.text(at: index)) }
        }
        try add(set.data)
        // Rows that end training early decide what the model is.
        if let validation = set.validation { try add(validation.data) }
    }

    private func add(_ data: TrainingData) throws {
        for column in data.columns {
            switch column {
            case .doubles(let values): try add(values)
            case .floats(let values): try add(values)
            case .categories(let codes, _): try add(codes)
            case .sparse(let numbers):
                try add(numbers.rows)
                try add(numbers.values)
            }
        }
        for (feature, lists) in data.lists.sorted(by: { $0.key < $1.key }) {
            try add([Int64(feature)])
            try add(lists.offsets)
            try add(lists.elements)
        }
        try add(data.label)
        try add(data.weights ?? [])
        try add(data.initialScores ?? [])
        try add(data.groups ?? [])
    }

    private func add(_ kind: FeatureKind) throws {
        try add(kind.name.rawValue)
        if case .list(let form) = kind { try add("\(form)") }
        guard case .category(let dictionary) = kind else { return }
        switch dictionary.categories {
        case .text(let names): for name in names { try add(name) }
        case .number(let values): try add(values)
        }
    }
}
