import BorealHTTP
import BorealNet
import Testing

@Suite struct AddressPolicyTests {
    @Test(
        "addresses have their class",
        arguments: [
            ("8.8.8.8", AddressClass.global), ("1.1.1.1", .global), ("172.15.0.1", .global),
            ("172.32.0.1", .global), ("100.63.255.255", .global), ("100.128.0.0", .global),
            ("2606:4700::1111", .global), ("::ffff:8.8.8.8", .global),
            ("64:ff9b::808:808", .global), ("2002:808:808::1", .global),
            ("127.0.0.1", .loopback), ("127.9.9.9", .loopback), ("::1", .loopback),
            ("::ffff:127.0.0.1", .loopback), ("64:ff9b::7f00:1", .loopback),
            ("2002:7f00:1::", .loopback),
            ("10.0.0.1", .privateUse), ("172.16.0.1", .privateUse), ("172.31.255.255", .privateUse),
            ("192.168.1.1", .privateUse), ("100.64.0.1", .privateUse), ("fc00::1", .privateUse),
            ("fdff::1", .privateUse), ("::ffff:10.0.0.1", .privateUse), ("fec0::1", .privateUse),
            ("169.254.0.1", .linkLocal), ("169.254.169.254", .linkLocal), ("fe80::1", .linkLocal),
            ("febf::1", .linkLocal), ("::ffff:169.254.169.254", .linkLocal),
            ("64:ff9b::a9fe:a9fe", .linkLocal),
            ("fd00:ec2::254", .metadata), ("100.100.100.200", .metadata),
            ("192.0.0.192", .metadata),
            ("fd20:ce::254", .metadata),
            ("224.0.0.1", .multicast), ("239.255.255.255", .multicast), ("ff02::1", .multicast),
            ("255.255.255.255", .multicast),
            ("0.0.0.0", .unspecified), ("0.1.2.3", .unspecified), ("::", .unspecified),
            ("::ffff:0.0.0.0", .unspecified),
            ("192.0.2.1", .reserved), ("198.51.100.1", .reserved), ("203.0.113.1", .reserved),
            ("198.18.0.1", .reserved), ("240.0.0.1", .reserved), ("192.0.0.1", .reserved),
            ("2001:db8::1", .reserved), ("2001::1", .reserved), ("3fff::1", .reserved),
            ("4000::1", .reserved), ("64:ff9b:1::1", .reserved), ("100::1", .reserved),
            ("2001:1ff::1", .reserved), ("2001:200::1", .global), ("2002::1", .unspecified),
            ("192.88.99.1", .reserved), ("198.19.255.255", .reserved), ("198.20.0.0", .global),
            ("192.0.1.1", .global), ("223.255.255.255", .global), ("11.0.0.0", .global),
            ("9.255.255.255", .global), ("126.255.255.255", .global), ("128.0.0.0", .global),
            ("169.253.255.255", .global), ("169.255.0.0", .global), ("192.167.255.255", .global),
            ("192.169.0.0", .global), ("254.255.255.255", .reserved),
            // IPv4-compatible.
            ("::2", .unspecified), ("::7f00:1", .loopback), ("::808:808", .global),
            ("::a00:1", .privateUse), ("::a9fe:a9fe", .linkLocal),
            ("::ffff:0:7f00:1", .reserved),
            // Teredo: the last 32 bits, turned over.
            ("2001::80ff:fffe", .loopback), ("2001::f5ff:fffe", .privateUse),
            ("2001:0:1:2:3:4:f7f7:f7f7", .global), ("2001::5601:5601", .linkLocal),
            ("2001::3f57:fe9b", .privateUse), ("2001::9b9b:9b37", .metadata),
        ]
    )
    func classes(text: String, expected: AddressClass) throws {
        #expect(AddressClass(try #require(IPAddress(text))) == expected)
    }

    @Test(
        "some addresses are refused whatever the policy",
        arguments: [
            "169.254.169.254", "fd00:ec2::254", "::ffff:169.254.169.254", "fe80::1", "224.0.0.1",
            "ff02::1", "0.0.0.0", "::", "255.255.255.255", "100.100.100.200", "240.0.0.1",
        ]
    )
    func alwaysRefused(text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(!AddressPolicy.includingPrivate.allows(address))
        #expect(!AddressPolicy.publicOnly.allows(address))
    }

    @Test("metadata and link-local addresses are allowed one by one, by exact address")
    func exceptions() throws {
        let listed = try ["169.254.169.254", "fd00:ec2::254", "224.0.0.1"].map {
            try #require(IPAddress($0))
        }
        let policy = AddressPolicy(exceptions: Set(listed)) { AddressClass($0) == .global }
        let expected = [
            ("169.254.169.254", true), ("::ffff:169.254.169.254", true), ("fd00:ec2::254", true),
            ("169.254.169.253", false), ("fd20:ce::254", false), ("100.100.100.200", false),
            ("64:ff9b::a9fe:a9fe", false), ("fe80::1", false), ("224.0.0.1", false),
            ("127.0.0.1", false), ("9.9.9.9", true),
        ]
        for (text, isAllowed) in expected {
            #expect(policy.allows(try #require(IPAddress(text))) == isAllowed, "\(text)")
        }
    }

    @Test("loopback and private addresses are the policy's to allow")
    func policies() throws {
        for text in ["127.0.0.1", "::1", "10.1.2.3", "fd00::1", "::ffff:192.168.0.1"] {
            let address = try #require(IPAddress(text))
            #expect(AddressPolicy.includingPrivate.allows(address))
            #expect(!AddressPolicy.publicOnly.allows(address))
        }
        #expect(AddressPolicy.publicOnly.allows(try #require(IPAddress("9.9.9.9"))))
    }
}
