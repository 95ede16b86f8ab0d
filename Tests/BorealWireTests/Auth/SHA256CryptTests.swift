import Testing

@testable import BorealWire

@Suite struct SHA256CryptTests {
    /// Password, salt, rounds and digest from the test programme of Drepper's specification, with
    /// the salts cut to 16 characters as the specification does before hashing.
    private static let vectors: [(String, String, Int, String)] = [
        (
            "Hello world!", "saltstring", 5_000,
            "5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5"
        ),
        (
            "Hello world!", "saltstringsaltst", 10_000,
            "3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA"
        ),
        (
            "This is just a test", "toolongsaltstrin", 5_000,
            "Un/5jzAHMgOGZ5.mWJpuVolil07guHPvOW8mGRcvxa5"
        ),
        (
            "a very much longer text to encrypt.  This one"
                + " even stretches over morethan one line.", "anotherlongsalts", 1_400,
            "Rx.j8H.h8HjEDGomFU8bDkXm3XIUnzyxf12oP84Bnq1"
        ),
        (
            "we have a short salt string but not a short password", "short", 77_777,
            "JiO1O3ZpDAxGJeaDIuqCoEFysAe1mZNJRs3pw0KQRd/"
        ),
        (
            "a short string", "asaltof16chars..", 123_456,
            "gP3VQ/6X7UUEW3HkBn2w1/Ptq2jxPyzV/cZKmF/wJvD"
        ),
        (
            "the minimum number is still observed", "roundstoolow", 1_000,
            "yfvwcWrQ8l/K0DAWyuPMDNHpIVlTQebY9l/gL972bIC"
        ),
    ]

    @Test("the specification's own vectors", arguments: vectors)
    func vector(password: String, salt: String, rounds: Int, expected: String) throws {
        let digest = try SHA256Crypt.digest(
            password: Array(password.utf8),
            salt: Array(salt.utf8),
            rounds: rounds
        )
        #expect(String(decoding: digest, as: UTF8.self) == expected)
    }
}
