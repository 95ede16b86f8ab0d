import Testing

@testable import BorealRemote

@Suite("Token bucket")
struct TokenBucketTests {
    @Test("a minute's worth may go at once, then as much as flows in")
    func burstThenRate() {
        var bucket = TokenBucket(perMinute: 60, at: 0)
        for _ in 0..<60 {
            #expect(bucket.wait(for: 1, at: 0) == 0)
            bucket.take(1, at: 0)
        }
        #expect(bucket.wait(for: 1, at: 0) == 1_000_000)
        #expect(bucket.wait(for: 1, at: 400_000) == 600_000)
        #expect(bucket.wait(for: 1, at: 1_000_000) == 0)
        #expect(bucket.wait(for: 30, at: 1_000_000) == 29_000_000)
    }

    @Test("it never holds more than a minute's worth, however long nobody asked")
    func capacity() {
        var bucket = TokenBucket(perMinute: 100, at: 0)
        let later: Microseconds = 3_600_000_000
        bucket.take(100, at: later)
        #expect(bucket.wait(for: 1, at: later) == 600_000)
    }

    @Test("a request larger than the bucket goes when it is full, and is paid for afterwards")
    func oversized() {
        var bucket = TokenBucket(perMinute: 1_000, at: 0)
        #expect(bucket.wait(for: 5_000, at: 0) == 0)
        bucket.take(5_000, at: 0)
        #expect(bucket.wait(for: 1, at: 0) > 240_000_000)
    }

    @Test("an estimate is put right in either direction")
    func correction() {
        var bucket = TokenBucket(perMinute: 600, at: 0)
        bucket.take(600, at: 0)
        bucket.correct(estimated: 600, actual: 100, at: 0)
        #expect(bucket.wait(for: 500, at: 0) == 0)
        bucket.correct(estimated: 100, actual: 700, at: 0)
        #expect(bucket.wait(for: 1, at: 0) == 10_100_000)
    }

    @Test("no limit lets everything through; a clock that stands still fills nothing")
    func unlimited() {
        var bucket = TokenBucket(perMinute: nil, at: 5)
        bucket.take(1 << 40, at: 5)
        #expect(bucket.wait(for: 1 << 40, at: 5) == 0)
        var limited = TokenBucket(perMinute: 1, at: 100)
        limited.take(1, at: 100)
        #expect(limited.wait(for: 1, at: 0) == 60_000_000)
    }

    @Test("requests and tokens must both have room")
    func limiter() {
        var limiter = RateLimiter(requestsPerMinute: 2, tokensPerMinute: 100, at: 0)
        #expect(limiter.has(requestsPerMinute: 2, tokensPerMinute: 100))
        #expect(!limiter.has(requestsPerMinute: 2, tokensPerMinute: nil))
        limiter.take(tokens: 90, at: 0)
        #expect(limiter.wait(tokens: 10, at: 0) == 0)
        #expect(limiter.wait(tokens: 40, at: 0) == 18_000_000)
        limiter.correct(estimated: 90, actual: 10, at: 0)
        #expect(limiter.wait(tokens: 40, at: 0) == 0)
        limiter.take(tokens: 1, at: 0)
        #expect(limiter.wait(tokens: 1, at: 0) == 30_000_000)
    }
}
