import Foundation
import TestPrograms
import Testing

/// TLS on both ports, with the programs that people have.
@Suite("TLS", .serialized)
struct TransportTests {
    private static let hasOpenSSL = ProgramRun.find("openssl") != nil
    private static let hasMariaDB = ProgramRun.find("mariadb") != nil
    private static let hasCurl = ProgramRun.find("curl") != nil
    private static let hasPython = ProgramRun.find("python3") != nil

    /// A folder of the test's own, removed at the end.
    private final class Folder {
        let path = TestRun.folder + "transport-\(UUID().uuidString)"
        init() throws {
            try FileManager.default.createDirectory(
                atPath: path,
                withIntermediateDirectories: true
            )
        }
        deinit { try? FileManager.default.removeItem(atPath: path) }
    }

    private func mariadb(_ server: ServerProcess, _ arguments: [String], _ statement: String) throws
        -> ProgramRun
    {
        try ProgramRun(
            try #require(ProgramRun.find("mariadb")),
            ["--no-defaults", "-h127.0.0.1", "-P\(server.mysqlPort)", "-uroot", "-N", "-B"]
                + arguments + ["-e", statement]
        )
    }

    private func openssl(_ arguments: [String], input: String = "") throws -> ProgramRun {
        let run = try ProgramRun(
            try #require(ProgramRun.find("openssl")),
            arguments,
            input: input
        )
        return run
    }

    /// A certificate of `name`, signed by an authority in the same folder.
    private func issue(_ name: String, _ purpose: String, in folder: String) throws {
        let authority = folder + "/ca"
        if access(authority + ".pem", F_OK) != 0 {
            let made = try openssl([
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-subj", "/CN=test authority", "-days", "3", "-keyout", authority + ".key", "-out",
                authority + ".pem",
            ])
            try #require(made.status == 0, "\(made.errors)")
        }
        let path = folder + "/" + name
        try "extendedKeyUsage=\(purpose)\nsubjectAltName=IP:127.0.0.1\n"
            .write(toFile: path + ".ext", atomically: true, encoding: .utf8)
        let asked = try openssl([
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
            "/O=Boreal tests/CN=\(name)", "-keyout", path + ".key", "-out", path + ".csr",
        ])
        try #require(asked.status == 0, "\(asked.errors)")
        let signed = try openssl([
            "x509", "-req", "-in", path + ".csr", "-CA", authority + ".pem", "-CAkey",
            authority + ".key", "-CAcreateserial", "-days", "3", "-extfile", path + ".ext", "-out",
            path + ".pem",
        ])
        try #require(signed.status == 0, "\(signed.errors)")
    }

    /// The subject of the certificate that the server shows.
    private func subject(_ server: ServerProcess) throws -> String {
        let shown = try openssl([
            "s_client", "-connect", "127.0.0.1:\(server.mysqlPort)", "-starttls", "mysql",
        ])
        let line = shown.output.split(separator: "\n").first { $0.hasPrefix("subject=") }
        return String(line ?? "")
    }

    @Test("the first start makes a key and a certificate for its owner only; later ones keep it")
    func firstStart() throws {
        let folder = try Folder()
        let data = folder.path + "/data"
        let server = try ServerProcess.onData(data)
        var made: [Data] = []
        for name in ["server-cert.pem", "server-key.pem"] {
            let path = data + "/tls/" + name
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
            #expect(mode as? Int == 0o600)
            made.append(try Data(contentsOf: URL(fileURLWithPath: path)))
        }
        #expect(server.terminate() == 0)
        try server.start()
        #expect(
            try Data(contentsOf: URL(fileURLWithPath: data + "/tls/server-cert.pem")) == made[0]
        )
        // A half-written file is no reason not to start.
        #expect(server.terminate() == 0)
        try Data("broken".utf8).write(to: URL(fileURLWithPath: data + "/tls/server-cert.pem"))
        try server.start()
        #expect(
            try Data(contentsOf: URL(fileURLWithPath: data + "/tls/server-cert.pem")).count > 400
        )
    }

    @Test(
        "the mariadb client verifies the server and says what it uses",
        .enabled(if: hasMariaDB, "the mariadb client is not installed")
    )
    func commandLine() throws {
        let folder = try Folder()
        let file = folder.path + "/client.cnf"
        let server = try ServerProcess.onData(folder.path + "/data", ["--client-cnf", file])
        let authority = folder.path + "/data/tls/server-cert.pem"
        let verified = ["--ssl-ca=" + authority, "--ssl-verify-server-cert"]
        let status = try mariadb(server, verified, "\\s")
        #expect(status.output.contains("Cipher in use is TLS_AES_256_GCM_SHA384"), "\(status)")
        let old = try mariadb(
            server,
            verified + ["--tls-version=TLSv1.2"],
            "SHOW STATUS LIKE 'Ssl_version'"
        )
        #expect(old.output == "Ssl_version\tTLSv1.2\n", "\(old)")
        let plain = try mariadb(server, ["--skip-ssl"], "SHOW STATUS LIKE 'Ssl_cipher'")
        #expect(plain.output == "Ssl_cipher\t\n", "\(plain)")
        let configured = try ProgramRun(
            try #require(ProgramRun.find("mariadb")),
            ["--defaults-file=" + file, "-N", "-e", "SHOW STATUS LIKE 'Ssl_version'"]
        )
        #expect(configured.output == "Ssl_version\tTLSv1.3\n", "\(configured)")
    }

    @Test(
        "rows and large values arrive whole in the drivers of Python",
        .enabled(if: hasPython, "python3 is not installed")
    )
    func drivers() throws {
        let folder = try Folder()
        let server = try ServerProcess.onData(folder.path + "/data")
        let run = try ProgramRun(
            try #require(ProgramRun.find("python3")),
            [
                Fixtures.root + "/../Tests/Clients/tls_session.py", "--port",
                "\(server.mysqlPort)", "--ca", folder.path + "/data/tls/server-cert.pem",
            ]
        )
        #expect(run.status == 0 || run.status == 77, "\(run.output)\(run.errors)")
    }

    @Test(
        "the mariadb client compresses, inside TLS too",
        .enabled(if: hasMariaDB, "the mariadb client is not installed"),
        arguments: ["--skip-ssl", "--ssl"]
    )
    func compression(_ tls: String) throws {
        let server = try ServerProcess.ephemeral()
        let flags = ["-C", tls, "--max-allowed-packet=64M"]
        let status = try mariadb(server, flags, "SHOW STATUS LIKE 'Compression%'")
        #expect(
            status.output
                == "Compression\tON\nCompression_algorithm\tzlib\nCompression_level\t6\n"
        )
        // Above 16 MiB both ways: a packet that lies in two frames and begins in the middle of one.
        let large = String(repeating: "0123456789abcdef", count: 17 << 16)
        let program = try #require(ProgramRun.find("mariadb"))
        let both = try ProgramRun(
            program,
            ["--no-defaults", "-h127.0.0.1", "-P\(server.mysqlPort)", "-uroot", "-N", "-B"] + flags,
            input: "SELECT '\(large)';\nSELECT 1;\n"
        )
        #expect(both.output == large + "\n1\n", "\(both.errors.suffix(300))")
    }

    @Test(
        "zstd frames are understood where the system has libzstd",
        .enabled(if: hasPython, "python3 is not installed")
    )
    func zstandard() throws {
        let server = try ServerProcess.ephemeral()
        let run = try ProgramRun(
            try #require(ProgramRun.find("python3")),
            [
                Fixtures.root + "/../Tests/Clients/zstd_session.py", "--port",
                "\(server.mysqlPort)",
            ]
        )
        #expect(run.status == 0 || run.status == 77, "\(run.output)\(run.errors)")
    }

    @Test(
        "protocol_compression_algorithms says what is offered, and whether it must be used",
        .enabled(if: hasMariaDB, "the mariadb client is not installed")
    )
    func algorithms() throws {
        let server = try ServerProcess.ephemeral()
        let client = try server.connect()
        try client.query("SET GLOBAL protocol_compression_algorithms = 'zlib'")
        do {
            _ = try server.connect()
            Issue.record("an uncompressed connection was accepted")
        } catch let error as RawClient.ServerFailure {
            #expect(error.number == 3922)
        }
        #expect(try mariadb(server, ["-C"], "SELECT 1").output == "1\n")
        #expect(
            try client.failure(of: "SET GLOBAL protocol_compression_algorithms = 'lzo'").number
                == 1231
        )
        try client.query("SET GLOBAL protocol_compression_algorithms = 'zstd,uncompressed'")
        let status = try mariadb(server, ["-C"], "SHOW STATUS LIKE 'Compression'")
        #expect(status.output == "Compression\tOFF\n")
    }

    @Test(
        "require_secure_transport turns away who uses neither TLS nor a unix socket",
        .enabled(if: hasMariaDB, "the mariadb client is not installed")
    )
    func required() throws {
        let folder = try Folder()
        let socket = folder.path + "/s"
        let server = try ServerProcess.ephemeral(["--socket", socket])
        let client = try server.connect()
        try client.query("SET GLOBAL require_secure_transport = ON")
        do {
            _ = try server.connect()
            Issue.record("a plain connection was accepted")
        } catch let error as RawClient.ServerFailure {
            #expect(error.number == 3159)
        }
        let unix = try ProgramRun(
            try #require(ProgramRun.find("mariadb")),
            ["--no-defaults", "-S", socket, "--skip-ssl", "-uroot", "-N", "-e", "SELECT 1"]
        )
        #expect(unix.output == "1\n", "\(unix)")
        #expect(try mariadb(server, ["--ssl"], "SELECT 1").output == "1\n")
        // Who is in stays in.
        try client.query("SET GLOBAL require_secure_transport = OFF")
        #expect(try server.connect().query("SELECT 1").cell == "1")
    }

    @Test(
        "the certificate is read again at SIGHUP and ALTER INSTANCE; a broken one changes nothing",
        .enabled(if: hasOpenSSL, "openssl is not installed")
    )
    func reload() throws {
        let folder = try Folder()
        for name in ["first", "second"] { try issue(name, "serverAuth", in: folder.path) }
        let files = (folder.path + "/server.pem", folder.path + "/server.key")
        func install(_ name: String) throws {
            for (from, to) in [("pem", files.0), ("key", files.1)] {
                try Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/\(name).\(from)"))
                    .write(to: URL(fileURLWithPath: to))
            }
        }
        try install("first")
        let server = try ServerProcess(
            arguments: ["--ephemeral"],
            environment: [
                "BOREAL_TLS_CERTIFICATE_FILE": files.0, "BOREAL_TLS_KEY_FILE": files.1,
            ]
        )
        #expect(try subject(server).hasSuffix("CN = first"))
        let client = try server.connect()
        try install("second")
        kill(server.processID, SIGHUP)
        try client.wait(for: { try subject(server).hasSuffix("CN = second") })
        try Data("broken".utf8).write(to: URL(fileURLWithPath: files.0))
        kill(server.processID, SIGHUP)
        try client.wait(for: { server.log(tail: 500).contains("certificate is not reloaded") })
        #expect(try subject(server).hasSuffix("CN = second"))
        #expect(try client.query("SELECT 1").cell == "1")
        try client.query("CREATE USER ann")
        let ann = try RawClient(port: server.mysqlPort, user: "ann")
        #expect(try ann.failure(of: "ALTER INSTANCE RELOAD TLS").number == 1227)
        try client.query("GRANT CONNECTION_ADMIN ON *.* TO ann")
        let broken = try ann.failure(of: "ALTER INSTANCE RELOAD TLS")
        #expect(broken.number == 3888 && broken.message.contains(files.0), "\(broken)")
        #expect(try subject(server).hasSuffix("CN = second"))
        // Told not to roll back, the server has no TLS until it reads a certificate again.
        #expect(try ann.query("ALTER INSTANCE RELOAD TLS NO ROLLBACK ON ERROR").warnings == 1)
        #expect(try ann.query("SHOW WARNINGS").rows.map { $0[1] } == ["3888"])
        #expect(try subject(server) == "")
        try install("first")
        #expect(try ann.query("ALTER INSTANCE RELOAD TLS FOR CHANNEL mysql_main").warnings == 0)
        #expect(try subject(server).hasSuffix("CN = first"))
        #expect(try ann.failure(of: "ALTER INSTANCE RELOAD KEYRING").number == 1235)
    }

    @Test(
        "a client certificate is verified when one is sent",
        .enabled(if: hasOpenSSL && hasMariaDB, "openssl or the mariadb client is not installed")
    )
    func clientCertificates() throws {
        let folder = try Folder()
        let other = try Folder()
        try issue("server", "serverAuth", in: folder.path)
        try issue("anna", "clientAuth", in: folder.path)
        try issue("stranger", "clientAuth", in: other.path)
        let server = try ServerProcess(
            arguments: ["--ephemeral"],
            environment: [
                "BOREAL_TLS_CERTIFICATE_FILE": folder.path + "/server.pem",
                "BOREAL_TLS_KEY_FILE": folder.path + "/server.key",
                "BOREAL_TLS_CA_FILE": folder.path + "/ca.pem",
            ]
        )
        func run(_ name: String, _ place: String) throws -> ProgramRun {
            try mariadb(
                server,
                [
                    "--ssl-ca=\(folder.path)/ca.pem", "--ssl-verify-server-cert",
                    "--ssl-cert=\(place)/\(name).pem", "--ssl-key=\(place)/\(name).key",
                ],
                "SHOW STATUS LIKE 'Ssl_verify_mode'"
            )
        }
        #expect(try run("anna", folder.path).output == "Ssl_verify_mode\t5\n")
        #expect(try mariadb(server, ["--ssl"], "SELECT 1").output == "1\n")
        try accounts(server, folder.path)
        let stranger = try run("stranger", other.path)
        #expect(stranger.status != 0, "a stranger's certificate was accepted")
        let isLogged = eventually {
            server.log(tail: 2_000).contains("certificate verify failed")
        }
        #expect(isLogged)
    }

    /// Accounts that demand certificates, from the statements that make them to log-ins.
    private func accounts(_ server: ServerProcess, _ folder: String) throws {
        let root = try server.connect()
        try issue("ben", "clientAuth", in: folder)
        func user(_ account: String, with certificate: String?) throws -> String {
            var arguments = ["--ssl-ca=\(folder)/ca.pem", "--user=\(account)"]
            if let certificate {
                arguments += [
                    "--ssl-cert=\(folder)/\(certificate).pem",
                    "--ssl-key=\(folder)/\(certificate).key",
                ]
            }
            let run = try mariadb(server, arguments, "SELECT CURRENT_USER()")
            return run.status == 0 ? run.output : run.errors.contains("1045") ? "1045" : run.errors
        }
        let authority = "/CN=test authority"
        let cases: [(require: String, anna: Bool, ben: Bool, nobody: Bool)] = [
            ("NONE", true, true, true), ("SSL", true, true, true), ("X509", true, true, false),
            ("SUBJECT '/O=Boreal tests/CN=anna'", true, false, false),
            ("ISSUER '\(authority)'", true, true, false),
            ("ISSUER '/CN=another authority'", false, false, false),
            ("SUBJECT '/O=Boreal tests/CN=ben' ISSUER '\(authority)'", false, true, false),
            ("SUBJECT '/O=Boreal tests/CN=ben' ISSUER '/CN=x'", false, false, false),
            ("SUBJECT '/o=boreal tests/cn=anna'", false, false, false),
            ("CIPHER 'NONE'", false, false, false),
        ]
        try root.query("CREATE USER u")
        for (require, anna, ben, nobody) in cases {
            try root.query("ALTER USER u REQUIRE \(require)")
            let shown = try root.query("SHOW CREATE USER u").cell ?? ""
            #expect(shown.contains(" REQUIRE \(require) PASSWORD"), "\(shown)")
            for (certificate, isIn) in [("anna", anna), ("ben", ben), (nil, nobody)] {
                let outcome = try user("u", with: certificate)
                #expect(outcome == (isIn ? "u@%\n" : "1045"), "\(require): \(certificate ?? "")")
            }
        }
        try root.query("ALTER USER u REQUIRE SUBJECT 'it''s' AND ISSUER 'i' AND CIPHER 'c'")
        let row = try root.query(
            "SELECT ssl_type, x509_subject, x509_issuer, ssl_cipher FROM mysql.user WHERE user='u'"
        ).rows
        #expect(row == [["SPECIFIED", "it's", "i", "c"]])
        let shown = try root.query("SHOW CREATE USER u").cell ?? ""
        #expect(shown.contains("REQUIRE SUBJECT 'it''s' ISSUER 'i' CIPHER 'c' PASSWORD"))
        for twice in ["SUBJECT 'a' SUBJECT 'b'", "ISSUER 'a' AND ISSUER 'a'", "SUBJECT 'a' AND"] {
            #expect(try root.failure(of: "ALTER USER u REQUIRE \(twice)").number == 1064)
        }
    }

    @Test(
        "the HTTP door speaks TLS and plain HTTP on one port",
        .enabled(if: hasCurl, "curl is not installed")
    )
    func door() throws {
        let folder = try Folder()
        let server = try ServerProcess.onData(folder.path + "/data")
        let curl = try #require(ProgramRun.find("curl"))
        let authority = ["-sS", "--cacert", folder.path + "/data/tls/server-cert.pem"]
        let port = server.httpPort
        let secure = "https://localhost:\(port)"
        #expect(try ProgramRun(curl, authority + [secure + "/healthz"]).output == "ok\n")
        #expect(try ProgramRun(curl, ["-sS", "http://127.0.0.1:\(port)/healthz"]).output == "ok\n")
        let metrics = try ProgramRun(curl, authority + ["-u", "root:", secure + "/metrics"])
        #expect(metrics.output.contains("boreal_connections"))
        let untrusting = try ProgramRun(curl, ["-sS", secure + "/healthz"])
        #expect(untrusting.status == 60, "\(untrusting.errors)")
    }

    @Test("handshakes that stall hold nothing that others need")
    func stalled() throws {
        let server = try ServerProcess.ephemeral()
        let client = try server.connect()
        // A record header that announces more than comes, behind an SSLRequest.
        let request: [UInt8] =
            [32, 0, 0, 1, 0x8D, 0xAA, 0xBF, 0, 0, 0, 0, 1, 45] + Array(repeating: 0, count: 23)
        let stuck = try (0..<200).map { _ in
            try StuckClient(port: server.mysqlPort, sends: request + [0x16, 3, 1, 2, 0, 1, 0])
        }
        #expect(stuck.count { $0.isGreeted } == 200)
        for _ in 0..<50 { #expect(try server.connect().query("SELECT 1").cell == "1") }
        #expect(try client.query("SELECT 1").cell == "1")
    }
}

/// A client that says a few words after the greeting and then nothing, for as long as it lives.
private final class StuckClient {
    private let descriptor: Int32
    let isGreeted: Bool

    init(port: Int, sends bytes: [UInt8]) throws {
        descriptor = try Loopback.connect(to: port)
        var greeting = [UInt8](repeating: 0, count: 512)
        isGreeted = recv(descriptor, &greeting, greeting.count, 0) > 0
        send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    deinit { close(descriptor) }
}

extension RawClient {
    /// Asks again until it is so, for a minute; the server does what it was told by a signal.
    fileprivate func wait(for condition: () throws -> Bool) throws {
        for _ in 0..<1_200 {
            if try condition() { return }
            try query("SELECT SLEEP(0.05)")
        }
        Issue.record("it did not happen")
    }
}
