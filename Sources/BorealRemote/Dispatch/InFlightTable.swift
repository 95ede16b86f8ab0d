/// Requests that were asked for and not answered, by what they ask: whoever asks the same joins.
///
/// It holds no waiters itself; `Element` does, and knows when nobody waits any more.
struct InFlightTable<Element> {
    private var elements: [CacheKey: Element] = [:]

    var count: Int { elements.count }

    /// What is under way for this request.
    func element(for key: CacheKey) -> Element? { elements[key] }

    /// Enters a request; there must be none for the key.
    mutating func insert(_ element: Element, for key: CacheKey) {
        assert(elements[key] == nil, "two requests for one key")
        elements[key] = element
    }

    /// The request has an end: whoever asks from now on asks anew.
    mutating func remove(_ key: CacheKey) { elements[key] = nil }
}
