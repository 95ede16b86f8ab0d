import Testing

@testable import BorealUpstream

@Suite struct UpstreamURLTests {
    @Test("every part of a URL is read, with its default when it is missing")
    func parts() throws {
        let whole = try UpstreamURL(
            "mysql://an%40na:p%3A%2Fw@db.example:3307/shop?ssl-mode=verify_ca&ssl-ca=/etc/ca.pem"
                + "&compression=ON&get-server-public-key=1"
        )
        #expect(whole.user == "an@na" && whole.password == "p:/w" && whole.host == "db.example")
        #expect(whole.port == 3_307 && whole.database == "shop" && whole.sslMode == .verifyCA)
        #expect(whole.authorityFile == "/etc/ca.pem" && whole.compresses && whole.believesPublicKey)
        let short = try UpstreamURL("mysql://root@localhost")
        #expect(short.password.isEmpty && short.port == 3_306 && short.database == nil)
        #expect(short.sslMode == .preferred && short.authorityFile.isEmpty && !short.compresses)
    }

    @Test("passwords with the marks of a URL, IPv6 and unix sockets")
    func oddities() throws {
        #expect(try UpstreamURL("mysql://u:p@ss@h/d").password == "p@ss")
        #expect(try UpstreamURL("mysql://u:p:q@h").password == "p:q")
        let six = try UpstreamURL("mysql://u@[::1]:3310/d")
        #expect(six.host == "::1" && six.port == 3_310 && six.address == "[::1]:3310")
        let local = try UpstreamURL("mysql://u@/d?socket=/run/mysqld.sock")
        #expect(local.socket == "/run/mysqld.sock" && local.address == "/run/mysqld.sock")
    }

    @Test(
        "a URL written anew reads back as the same, but for its password",
        arguments: [
            "mysql://u:secret@h", "mysql://u@h:3307/d", "mysql://a%40b:s%2Fecret@[::1]:1/d%20e",
            "mysql://u:secret@/d?socket=/run/x%26y.sock",
            "mysql://u@h?ssl-mode=VERIFY_CA&ssl-ca=/c",
            "mysql://%C3%A9:secret@h/d?compression=ON&get-server-public-key=ON&ssl-mode=DISABLED",
        ]
    )
    func written(_ text: String) throws {
        var url = try UpstreamURL(text)
        let shown = url.maskedText
        #expect(!shown.contains("ecret") && shown.contains(":***@") == !url.password.isEmpty)
        url.password = ""
        #expect(try UpstreamURL(url.textWithoutPassword) == url)
    }

    @Test(
        "what is no URL is refused with the reason",
        arguments: [
            ("postgres://u@h/d", "does not begin"), ("mysql://h/d", "names no user"),
            ("mysql://:p@h", "user is empty"), ("mysql://u@/d", "host is empty"),
            ("mysql://u@h:0", "port"), ("mysql://u@h:70000/d", "port"), ("mysql://u@h:x", "port"),
            ("mysql://u@[::1/d", "no ']'"), ("mysql://u@h h/d", "no name"),
            ("mysql://u%@h", "two digits"), ("mysql://u%zz@h", "two digits"),
            ("mysql://u%00@h", "no text"), ("mysql://u@h?x=1", "not known"),
            ("mysql://u@h?ssl-mode=maybe", "ssl-mode is one of"),
            ("mysql://u@h?compression=2", "ON or OFF"),
            ("mysql://u@h/" + String(repeating: "d", count: 5_000), "longer than"),
        ]
    )
    func refused(_ text: String, _ reason: String) {
        do throws(UpstreamURL.Problem) {
            _ = try UpstreamURL(text)
            Issue.record("\(text) was read")
        } catch {
            #expect(error.message.contains(reason), "\(error.message)")
        }
    }

    @Test("no description of a URL, and no refusal, shows the password")
    func secrecy() throws {
        let url = try UpstreamURL("mysql://u:h1dden@h/d?ssl-mode=REQUIRED")
        var dumped = ""
        dump(url, to: &dumped)
        let shown = "\(url)\(String(reflecting: url))\(dumped)\(url.address)"
        #expect(!shown.contains("h1dden") && shown.contains("mysql://u:***@h:3306/d"))
        for text in ["mysql://u:h1dden", "mysql://u:h1dden@h?x=h1dden", "mysql://u:h1dden@h:x"] {
            do throws(UpstreamURL.Problem) {
                _ = try UpstreamURL(text)
                Issue.record("\(text) was read")
            } catch {
                #expect(!error.message.contains("h1dden"))
            }
        }
    }
}
