/// What a user asked one provider of a model in one hour.
public struct UsageRecord: Equatable, Sendable {
    /// Hours since 1970, UTC.
    public var hour: Int64
    /// `user@host`.
    public var user: String
    /// The model's name as it was when it was asked.
    public var model: String
    /// Empty for rows that were answered from memory.
    public var provider: String
    /// Requests, every attempt counted.
    public var requests = 0
    /// Rows of those requests.
    public var rows = 0
    /// Tokens of what was sent.
    public var tokensIn = 0
    /// Tokens of the answers.
    public var tokensOut = 0
    /// Some of the tokens are our estimate.
    public var isEstimated = false
    /// Rows that were answered from memory.
    public var cacheHits = 0
    /// By the prices of the model.
    public var cost = 0.0
    /// Failed requests by their code word.
    public var errors: [String: Int] = [:]

    /// A record of nothing so far.
    public init(hour: Int64, user: String, model: String, provider: String) {
        self.hour = hour
        self.user = user
        self.model = model
        self.provider = provider
    }
}

/// A limit on what a user or a model may use, as it is stored.
public struct BudgetRecord: Equatable, Sendable {
    /// What tells one budget from the others.
    public struct Key: Hashable, Comparable, Sendable {
        /// `user` or `model`.
        public var scope: String
        /// `user@host`, or the lower-cased name of a model.
        public var name: String
        /// `tokens` or `cost`.
        public var unit: String
        /// `day` or `month`.
        public var period: String

        /// - Parameters: see the stored properties.
        public init(scope: String, name: String, unit: String, period: String) {
            self.scope = scope
            self.name = name
            self.unit = unit
            self.period = period
        }

        /// In the order of the columns of `boreal_ai.budgets`.
        public static func < (left: Key, right: Key) -> Bool {
            (left.scope, left.name, left.unit, left.period)
                < (right.scope, right.name, right.unit, right.period)
        }
    }

    /// Whose budget, of what, in which time.
    public var key: Key
    /// How much of it.
    public var limit: Double

    /// - Parameters: see the stored properties.
    public init(key: Key, limit: Double) {
        self.key = key
        self.limit = limit
    }
}
