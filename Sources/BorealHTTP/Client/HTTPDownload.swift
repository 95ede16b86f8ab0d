public import BorealBase
import BorealNet
import CCurl
import Glibc

/// Fetches a file over http or https, trusting nobody: not the URL, not the name service, not the
/// server.
///
/// The name is resolved once, every address is checked, and the connection goes to a checked one.
/// Redirects are followed here, each checked like the first URL. No proxy, no cookies, no
/// credentials. Blocks: call it on a thread of a background job.
public struct HTTPDownload: Sendable {
    /// Bounds of one fetch, redirects included.
    public struct Bounds: Sendable {
        /// Bytes of the body.
        public var bytesMax = Limits.uploadBytesMax
        /// Redirects that are followed.
        public var redirectsMax = 3
        /// Milliseconds without a byte, connecting included.
        public var stallMilliseconds = 30_000
        /// Milliseconds for everything.
        public var totalMilliseconds = 600_000

        /// 1 GiB, 3 redirects, 30 s, 10 minutes.
        public init() {}
    }

    /// What was fetched.
    public struct Outcome: Sendable, Equatable {
        /// Bytes of the body.
        public var byteCount: Int
        /// `Content-Type` as sent.
        public var contentType: String?
        /// Redirects that were followed.
        public var redirects: Int
    }

    /// Takes the next bytes of the body; returns an `errno` to stop, 0 to go on.
    public typealias Sink = (UnsafeRawBufferPointer) -> Int32

    private let policy: AddressPolicy
    private let bounds: Bounds

    /// - Parameter policy: which addresses may be connected to.
    public init(policy: AddressPolicy, bounds: Bounds = Bounds()) {
        self.policy = policy
        self.bounds = bounds
    }

    /// Checks what can be checked of a URL without the network: its form, its scheme, and a numeric
    /// address. For refusing a statement at once.
    ///
    /// - Throws: `invalidURL`, `schemeRefused`, `userInfoRefused`, `addressRefused`.
    public func check(_ url: String) throws(HTTPError) {
        let target = try FetchTarget(url)
        guard let address = IPAddress(target.host) else { return }
        try policy.check([address], of: target.host, port: target.port)
    }

    /// Fetches into an open file.
    ///
    /// - Throws: any of the errors of downloads; what was written so far is the caller's to remove.
    public func fetch(
        _ url: String,
        toDescriptor descriptor: Int32,
        cancellation: CancellationFlag
    ) throws(HTTPError) -> Outcome {
        try fetch(url, cancellation: cancellation) { bytes in
            var rest = bytes
            while !rest.isEmpty {
                let count = write(descriptor, rest.baseAddress, rest.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return count < 0 ? errno : EIO }
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
            return 0
        }
    }

    /// Fetches and hands the body to `sink`, piece by piece, on this thread.
    ///
    /// - Throws: any of the errors of downloads.
    public func fetch(
        _ url: String,
        cancellation: CancellationFlag,
        sink: @escaping Sink
    ) throws(HTTPError) -> Outcome {
        let deadline = MonotonicClock.milliseconds &+ UInt64(max(0, bounds.totalMilliseconds))
        var text = url
        for redirects in 0...max(0, bounds.redirectsMax) {
            let target = try FetchTarget(text)
            let addresses = try NameResolution.addresses(of: target.host) { () throws(HTTPError) in
                if cancellation.isCancelled { throw .cancelled }
                if MonotonicClock.milliseconds >= deadline {
                    throw .timedOut(milliseconds: bounds.totalMilliseconds)
                }
            }
            try policy.check(addresses, of: target.host, port: target.port)
            let transfer = try Transfer(
                target,
                addresses: addresses,
                bounds: bounds,
                deadline: deadline,
                cancellation: cancellation,
                sink: sink
            )
            switch try transfer.run() {
            case .body(let byteCount, let contentType):
                return Outcome(
                    byteCount: byteCount,
                    contentType: contentType,
                    redirects: redirects
                )
            case .redirect(let next):
                text = next
            }
        }
        throw .tooManyRedirects(max: bounds.redirectsMax)
    }
}
