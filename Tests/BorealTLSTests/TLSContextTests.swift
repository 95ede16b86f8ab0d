import BorealTLS
import Foundation
import Testing

@Suite struct TLSContextTests {
    @Test(
        "versions are listed as MySQL lists them",
        arguments: [
            ("TLSv1.2,TLSv1.3", TLSVersions.all), ("TLSv1.3", .version13), ("tlsv1.2", .version12),
            ("TLSv1.3, TLSv1.2", .all), ("", TLSVersions()),
        ]
    )
    func versions(_ text: String, _ expected: TLSVersions) throws {
        #expect(try TLSVersions(list: text) == expected)
    }

    @Test("other versions are refused", arguments: ["TLSv1.1", "TLSv1.2,SSLv3", "1.3"])
    func unknownVersions(_ text: String) {
        #expect(throws: TLSError.unknownVersions(text)) { try TLSVersions(list: text) }
    }

    @Test("a certificate is good from now on, for years")
    func validity() throws {
        let identity = try Identity()
        let context = try TLSContext(identity.configuration)
        #expect(!context.isExpired && !context.asksForCertificates)
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(identifier: "GMT")
        format.dateFormat = "MMM d HH:mm:ss yyyy 'GMT'"
        let start = try #require(format.date(from: context.validity.notBefore.squeezed))
        let end = try #require(format.date(from: context.validity.notAfter.squeezed))
        #expect(start < Date() && end > Date().addingTimeInterval(9 * 365 * 86_400))
    }

    @Test("files that cannot be used are named, with the reason")
    func unusable() throws {
        let one = try Identity()
        let other = try Identity()
        let garbage = one.folder + "/garbage.pem"
        try Data("no PEM".utf8).write(to: URL(fileURLWithPath: garbage))
        let good = one.configuration
        var mixed = good
        mixed.keyFile = other.configuration.keyFile
        var missing = good
        missing.certificateFile = one.folder + "/none.pem"
        var broken = good
        broken.certificateFile = garbage
        var keyless = good
        keyless.keyFile = garbage
        var untrusting = good
        untrusting.authorityFile = garbage
        for (configuration, word) in [
            (mixed, "is not that of"), (missing, "No such file"), (broken, "no start line"),
            (keyless, "garbage.pem"), (untrusting, "garbage.pem"),
        ] {
            do {
                _ = try TLSContext(configuration)
                Issue.record("accepted: \(configuration)")
            } catch {
                #expect(error.message.contains(word), "\(error.message)")
            }
        }
    }
}

extension String {
    /// One blank where OpenSSL pads a day of one digit.
    fileprivate var squeezed: String { replacingOccurrences(of: "  ", with: " ") }
}
