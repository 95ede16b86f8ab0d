import BorealBase
import TestPrograms
import Testing

@testable import BorealCatalog

@Suite struct LinkSignerTests {
    private let signer = LinkSigner(key: Array(0..<32))
    private let now = Instant(microseconds: 1_700_000_000_000_000)
    private let path = "/artifacts/ab/m.txt"

    @Test("the signature is base64url of HMAC-SHA256 over method, path and expiry")
    func known() {
        // python3: base64.urlsafe_b64encode(hmac.new(bytes(range(32)),
        //     b"GET\n/artifacts/ab/m.txt\n1700006000", "sha256").digest()).rstrip(b"=")
        #expect(
            signer.signature(path: path, expires: 1_700_006_000)
                == "T2iBlrfouK0nZHSjrCvd-t0lYTwEf0nkgh5Eq5doYSg"
        )
    }

    @Test("a link is good for 100 minutes and says so")
    func lifetime() {
        let link = signer.signedPath(path, now: now)
        let signature = signer.signature(path: path, expires: 1_700_006_000)
        #expect(
            link == "\(path)?OSSAccessKeyId=boreal&Expires=1700006000&Signature=\(signature)"
        )
        let last = Instant(microseconds: 1_700_005_999_999_999)
        let over = Instant(microseconds: 1_700_006_000_000_000)
        let expires = "1700006000"
        #expect(
            signer.verify(path: path, expires: expires, signature: signature, now: last) == .valid
        )
        #expect(
            signer.verify(path: path, expires: expires, signature: signature, now: over) == .expired
        )
    }

    @Test(
        "whatever is altered is forged",
        arguments: [
            ("/artifacts/ab/n.txt", "1700006000", ""), ("/artifacts/ab/m.txt", "1700006001", ""),
            ("/artifacts/ab/m.txt", "01700006000", ""), ("/artifacts/ab/m.txt", "", ""),
            ("/artifacts/ab/m.txt", "never", ""), ("/artifacts/ab/m.txt", "1700006000", "A"),
            ("/artifacts/ab/m.txt", "99999999999999999999999", ""),
        ]
    )
    func altered(path: String, expires: String, suffix: String) {
        let good = signer.signature(path: self.path, expires: 1_700_006_000)
        let verdict = signer.verify(
            path: path,
            expires: expires,
            signature: good + suffix,
            now: now
        )
        #expect(verdict == .forged)
    }

    @Test("every single altered character of a signature is seen")
    func everyCharacter() {
        let good = Array(signer.signature(path: path, expires: 1_700_006_000).utf8)
        for index in good.indices {
            var bad = good
            bad[index] = bad[index] == 0x41 ? 0x42 : 0x41
            let verdict = signer.verify(
                path: path,
                expires: "1700006000",
                signature: String(decoding: bad, as: UTF8.self),
                now: now
            )
            #expect(verdict == .forged)
        }
    }

    @Test("another key and an empty key open nothing")
    func keys() {
        let good = signer.signature(path: path, expires: 1_700_006_000)
        for key in [[UInt8](repeating: 1, count: 32), []] {
            let other = LinkSigner(key: key)
            #expect(
                other.verify(path: path, expires: "1700006000", signature: good, now: now)
                    == .forged
            )
        }
    }

    @Test("the key is made once and outlives a restart")
    func restart() throws {
        let folder = try TemporaryFolder()
        let link: String
        do {
            let catalog = try makeCatalog(folder)
            #expect(catalog.snapshot.serverKey("link")?.count == 32)
            link = catalog.snapshot.linkSigner.signature(path: path, expires: 1)
            catalog.close()
        }
        let again = try makeCatalog(folder)
        #expect(again.snapshot.linkSigner.signature(path: path, expires: 1) == link)
    }
}
