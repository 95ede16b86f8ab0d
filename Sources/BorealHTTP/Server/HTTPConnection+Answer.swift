import BorealBase
import BorealNet

extension HTTPConnection {
    /// Sends an answer, if the request it belongs to is still waiting for one.
    func answer(_ response: HTTPResponse, to serial: UInt64) {
        guard let connection, let exchange, exchange.serial == serial, !exchange.isChunkedAnswer,
            fileSender == nil, !connection.isClosing
        else { return }
        state = .answering
        restartDeadline(configuration.idleMilliseconds)
        var response = response
        var span = 0..<0
        switch response.body {
        case .empty: break
        case .bytes(let bytes): span = select(0..<bytes.count, &response)
        case .file(let file): span = select(0..<file.size, &response)
        }
        let isHead = exchange.request.method == .head
        sendHead(response, length: span.count, isHead: isHead)
        switch response.body {
        case .bytes(let bytes) where !isHead:
            producedBytes += span.count
            bytes.withUnsafeBytes { connection.send(UnsafeRawBufferPointer(rebasing: $0[span])) }
        case .file(let file) where !isHead && !span.isEmpty:
            fileSender = FileSender(file, span, connection, configuration.pool) { [weak self] ok in
                guard let self else { return }
                // A body cut short must not look complete: only the end of the connection says so.
                if ok { exchangeEnded() } else { self.connection?.close() }
            }
            fileSender?.produced = { [weak self] in self?.producedBytes += $0 }
            fileSender?.resume()
            return
        default: break
        }
        exchangeEnded()
    }

    /// Applies the request's `Range` to a complete body.
    private func select(_ whole: Range<Int>, _ response: inout HTTPResponse) -> Range<Int> {
        guard response.status == 200, let request = exchange?.request,
            request.method == .get || request.method == .head
        else { return whole }
        response.headers["Accept-Ranges"] = "bytes"
        if let condition = request.headers["If-Range"], condition != response.headers["ETag"] {
            return whole
        }
        switch ByteRange.parse(request.headers["Range"], size: whole.count) {
        case .whole: return whole
        case .part(let part):
            response.status = 206
            response.headers["Content-Range"] =
                "bytes \(part.lowerBound)-\(part.upperBound - 1)/\(whole.count)"
            return part
        case .unsatisfiable:
            response.status = 416
            response.headers["Content-Range"] = "bytes */\(whole.count)"
            response.body = .empty
            return 0..<0
        }
    }

    /// - Parameter length: of the body; nil for a chunked one.
    private func sendHead(_ response: HTTPResponse, length: Int?, isHead: Bool) {
        guard let connection, let exchange else { return }
        let stays = exchange.request.keepsAlive && exchange.isBodyRead
        let isOld = exchange.request.minorVersion == 0
        connection.withOutput { output in
            output.append(utf8: "HTTP/1.1 \(response.status) ")
            output.append(utf8: HTTPStatus.reason(response.status))
            output.append(utf8: "\r\n")
            output.append(field: "Date", HTTPDate.text(.now))
            if !configuration.serverName.isEmpty {
                output.append(field: "Server", configuration.serverName)
            }
            for field in response.headers.fields { output.append(field: field.name, field.value) }
            if let length {
                if response.status != 204, response.status != 304 {
                    output.append(field: "Content-Length", String(length))
                }
            } else if !isOld {
                output.append(utf8: "Transfer-Encoding: chunked\r\n")
            }
            if !stays || isOld && length == nil {
                output.append(utf8: "Connection: close\r\n")
            } else if isOld {
                output.append(utf8: "Connection: keep-alive\r\n")
            }
            output.append(utf8: "\r\n")
        }
    }

    // MARK: - Streams

    func startStream(status: Int, headers: HTTPHeaders, of serial: UInt64) {
        guard let exchange, exchange.serial == serial else { return }
        self.exchange?.isChunkedAnswer = true
        restartDeadline(configuration.idleMilliseconds)
        let isHead = exchange.request.method == .head
        sendHead(HTTPResponse(status: status, headers: headers), length: nil, isHead: isHead)
        // HTTP/1.0 knows no chunks: the end of the connection is the end of the body.
        if exchange.request.minorVersion == 0 { self.exchange?.request.keepsAlive = false }
    }

    func writeStream(_ bytes: [UInt8], of serial: UInt64) {
        guard let connection, let exchange, exchange.serial == serial, exchange.isChunkedAnswer,
            exchange.request.method != .head, !bytes.isEmpty
        else { return }
        producedBytes += bytes.count
        connection.withOutput { output in
            guard exchange.request.minorVersion == 1 else {
                return output.append(contentsOf: bytes)
            }
            output.append(utf8: "\(String(bytes.count, radix: 16))\r\n")
            output.append(contentsOf: bytes)
            output.append(utf8: "\r\n")
        }
    }

    func endStream(_ serial: UInt64) {
        guard let connection, let exchange, exchange.serial == serial, exchange.isChunkedAnswer
        else { return }
        if exchange.request.minorVersion == 1, exchange.request.method != .head {
            connection.send(Array("0\r\n\r\n".utf8))
        }
        exchangeEnded()
    }

    /// The handler went away in the middle of its answer: the client must see that it is
    /// incomplete.
    func breakStream(_ serial: UInt64) {
        guard exchange?.serial == serial else { return }
        connection?.close()
    }

    func whenWritable(_ serial: UInt64, _ job: @escaping @Sendable () -> Void) {
        guard let connection, exchange?.serial == serial,
            connection.pendingOutputBytes > Connection.lowWaterMark
        else { return job() }
        writableJobs.append(job)
    }
}

extension ByteBuffer {
    /// Appends a header line.
    fileprivate mutating func append(field name: String, _ value: String) {
        append(utf8: name)
        append(utf8: ": ")
        append(utf8: value)
        append(utf8: "\r\n")
    }
}

/// Sends part of a file: reads on a worker, sends on the loop, no faster than the client takes it.
///
/// All calls come from the connection's loop.
final class FileSender {
    /// Bytes of one read.
    private static let pieceBytes = 256 << 10

    private let file: HTTPFile
    private var rest: Range<Int>
    private weak var connection: Connection?
    private let pool: WorkerPool
    private let finished: (Bool) -> Void
    private var isReading = false
    private var isOver = false
    /// Told how many bytes were handed to the connection.
    var produced: (Int) -> Void = { _ in }

    init(
        _ file: HTTPFile,
        _ span: Range<Int>,
        _ connection: Connection,
        _ pool: WorkerPool,
        finished: @escaping (Bool) -> Void
    ) {
        self.file = file
        rest = span
        self.connection = connection
        self.pool = pool
        self.finished = finished
    }

    /// Reads the next piece if the client has taken enough.
    func resume() {
        guard let connection, !isReading, !isOver,
            connection.pendingOutputBytes <= Connection.lowWaterMark
        else { return }
        isReading = true
        let offset = rest.lowerBound
        let count = min(rest.count, Self.pieceBytes)
        let bound = LoopBound(self, to: connection.loop)
        let accepted = pool.submit { [file] in
            let bytes = file.read(at: offset, count: count)
            bound.loop.execute { bound.value.arrived(bytes, wanted: count) }
        }
        guard !accepted else { return }
        // The workers' queue is full: again in a moment.
        connection.loop.schedule(afterMilliseconds: 10) {
            bound.value.isReading = false
            bound.value.resume()
        }
    }

    private func arrived(_ bytes: [UInt8]?, wanted: Int) {
        isReading = false
        guard let connection, !connection.isClosing, !isOver else { return }
        guard let bytes, bytes.count == wanted else {
            // Unreadable, or shorter than when the length was announced.
            isOver = true
            return finished(false)
        }
        connection.send(bytes)
        produced(bytes.count)
        rest = rest.lowerBound + bytes.count..<rest.upperBound
        guard rest.isEmpty else { return resume() }
        isOver = true
        finished(true)
    }
}
