import Foundation
import Glibc

/// A tiny HTTP server on loopback that answers every GET the way a test wants: the place models are
/// uploaded from.
final class FileServer: @unchecked Sendable {
    // Unchecked: the table of files is filled before the first request and never changes.
    enum Behaviour {
        case file([UInt8])
        case redirect(String)
        case status(Int)
        /// Says nothing at all.
        case hang
        /// Announces more bytes than anybody wants and sends zeros without end.
        case endless(announced: Int)
    }

    private let listener: Int32
    private let behaviours: [String: Behaviour]
    let port: Int

    init(_ behaviours: [String: Behaviour]) throws {
        self.behaviours = behaviours
        (listener, port) = try Loopback.listen()
        Thread.detachNewThread { [self] in acceptLoop() }
    }

    deinit { close(listener) }

    func url(_ path: String) -> String { "http://127.0.0.1:\(port)/\(path)" }

    func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    private func acceptLoop() {
        while true {
            let client = accept(listener, nil, nil)
            if client < 0 { return }
            Thread.detachNewThread { [self] in
                serve(client)
                close(client)
            }
        }
    }

    private func serve(_ client: Int32) {
        var request = ""
        var chunk = [UInt8](repeating: 0, count: 4_096)
        while !request.contains("\r\n\r\n") {
            let count = recv(client, &chunk, chunk.count, 0)
            guard count > 0 else { return }
            request += String(decoding: chunk[0..<count], as: UTF8.self)
        }
        let target = request.split(separator: " ").dropFirst().first.map(String.init) ?? "/"
        let path = String(target.dropFirst().prefix { $0 != "?" })
        switch behaviours[path] ?? .status(404) {
        case .file(let bytes):
            send(client, "HTTP/1.1 200 OK\r\nContent-Length: \(bytes.count)\r\n\r\n")
            send(client, bytes)
        case .redirect(let location):
            send(client, "HTTP/1.1 302 Found\r\nLocation: \(location)\r\nContent-Length: 0\r\n\r\n")
        case .status(let status):
            send(client, "HTTP/1.1 \(status) No\r\nContent-Length: 0\r\n\r\n")
        case .hang:
            while recv(client, &chunk, chunk.count, 0) > 0 {}
        case .endless(let announced):
            send(client, "HTTP/1.1 200 OK\r\nContent-Length: \(announced)\r\n\r\n")
            let zeros = [UInt8](repeating: 0, count: 1 << 20)
            while send(client, zeros) {}
        }
    }

    private func send(_ client: Int32, _ text: String) { send(client, Array(text.utf8)) }

    @discardableResult
    private func send(_ client: Int32, _ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }
}
