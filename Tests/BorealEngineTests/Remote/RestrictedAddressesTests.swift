import BorealNet
import BorealRemote
import Testing

@testable import BorealEngine

@Suite("Addresses that are never reached")
struct RestrictedAddressesTests {
    @Test(
        "addresses, networks and expressions",
        arguments: [
            ("10.1.2.3", ["10.1.2.3", "::ffff:10.1.2.3"], ["10.1.2.4", "::1"]),
            ("10.1.0.0/16", ["10.1.0.0", "10.1.255.255"], ["10.2.0.0", "9.255.0.1", "::a01:1"]),
            ("0.0.0.0/0", ["1.2.3.4", "255.255.255.255"], ["::1"]),
            ("::ffff:10.0.0.0/104", ["10.9.9.9"], ["11.0.0.0"]),
            ("fd00::/8", ["fd12:3::4"], ["fe80::1", "253.0.0.0"]),
            ("2001:db8:0:1::/64", ["2001:db8:0:1:ffff::"], ["2001:db8:0:2::"]),
            ("2001:db8::ff00/120", ["2001:db8::ffff"], ["2001:db8::fe00"]),
            ("::/0", ["::1", "fd00::1"], ["1.2.3.4"]),
            (#"192\.168\.(1|2)\.\d+"#, ["192.168.1.77"], ["192.168.3.7", "192.168.11.7"]),
        ]
    )
    func members(_ text: String, _ inside: [String], _ outside: [String]) throws {
        let list = try RestrictedAddresses(["203.0.113.9", text])
        for address in inside { #expect(list.contains(try #require(IPAddress(address)))) }
        for address in outside { #expect(!list.contains(try #require(IPAddress(address)))) }
        let none = try RestrictedAddresses([])
        for address in inside { #expect(!none.contains(try #require(IPAddress(address)))) }
    }

    @Test(
        "what is none of them is refused by name",
        arguments: [
            "10.0.0.0/33", "10.0.0.0/-1", "fd00::/129", "::ffff:10.0.0.0/8", "(", "10.0.0.0/x",
        ]
    )
    func bad(_ text: String) {
        let error = #expect(throws: RemoteModelError.self) { try RestrictedAddresses([text]) }
        #expect(error?.text.contains(text) == true)
    }
}
