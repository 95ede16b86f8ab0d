import BorealWire
import Glibc

/// The RSA pair on the disk: made at the first start, readable by its owner only.
struct StoredRSAKey {
    /// `DIR/tls`, or nowhere for an empty path.
    let folder: String

    private var path: String { folder + "/password_rsa.pem" }

    /// The stored pair; a new one when there is none or it cannot be read.
    ///
    /// - Throws: `WireError` when none can be made.
    func loadOrMake() throws(WireError) -> RSAKeyPair {
        // An unreadable pair is replaced: clients ask for the public key each time.
        if let pem = read(), let pair = try? RSAKeyPair(privateKeyPEM: pem) { return pair }
        let pair = try RSAKeyPair.generate()
        write(try pair.privateKeyPEM())
        return pair
    }

    private func read() -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 16_384)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        return count > 0 ? Array(bytes[0..<count]) : nil
    }

    /// A pair that cannot be stored is made again at the next start: no client notices.
    private func write(_ pem: [UInt8]) {
        mkdir(folder, 0o700)
        _ = PrivateFile.write(pem, to: path)
    }
}
