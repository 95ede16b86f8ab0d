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
            ("::2", .reserved), ("4000::1", .reserved),
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
