/// The upper halves of the single-byte character sets.
///
/// Made with Python's codecs of the same standards (`bytes([b]).decode('iso8859_13')` for latin7,
/// and so on) and compared with what a server answers to
/// `HEX(CONVERT(_latin7 X'80' USING ucs2))`. Where the two differ the server is right: cp1256,
/// greek and hebrew are the older editions, koi8u and cp866 have their own signs, and the five
/// holes of latin1 are the C1 controls.
enum SingleByteTable {
    /// By MySQL's name: the code points of bytes 0x80 to 0xFF in hexadecimal. `410*64` stands for
    /// 64 that rise from there, `-` for a byte that is no character, `-*2` for two.
    static let texts: [String: String] = [
        "ascii": "-*128",
        "cp1250": """
        20AC - 201A - 201E 2026 2020*2 - 2030 160 2039 15A 164 17D 179 - 2018*2 201C*2 2022
        2013*2 - 2122 161 203A 15B 165 17E 17A A0 2C7 2D8 141 A4 104 A6*4 15E AB*4 17B B0*2
        2DB 142 B4*5 105 15F BB 13D 2DD 13E 17C 154 C1*2 102 C4 139 106 C7 10C C9 118 CB 11A
        CD*2 10E 110 143 147 D3*2 150 D6*2 158 16E DA 170 DC*2 162 DF 155 E1*2 103 E4 13A
        107 E7 10D E9 119 EB 11B ED*2 10F 111 144 148 F3*2 151 F6*2 159 16F FA 171 FC*2 163
        2D9
        """,
        "cp1251": """
        402*2 201A 453 201E 2026 2020*2 20AC 2030 409 2039 40A 40C 40B 40F 452 2018*2 201C*2
        2022 2013*2 - 2122 459 203A 45A 45C 45B 45F A0 40E 45E 408 A4 490 A6*2 401 A9 404
        AB*4 407 B0*2 406 456 491 B5*3 451 2116 454 BB 458 405 455 457 410*64
        """,
        "cp1256": """
        20AC 67E 201A 192 201E 2026 2020*2 2C6 2030 - 2039 152 686 698 - 6AF 2018*2 201C*2
        2022 2013*2 - 2122 - 203A 153 200C*2 - A0 60C A2*8 - AB*15 61B BB*4 61F - 621*22 D7
        637*4 640*4 E0 644 E2 645*4 E7*5 649*2 EE*2 64B*4 F4 64F*2 F7 651 F9 652 FB*2 200E*2
        -
        """,
        "cp1257": """
        20AC - 201A - 201E 2026 2020*2 - 2030 - 2039 - A8 2C7 B8 - 2018*2 201C*2 2022 2013*2
        - 2122 - 203A - AF 2DB - A0 - A2*3 - A6*2 D8 A9 156 AB*4 C6 B0*8 F8 B9 157 BB*4 E6
        104 12E 100 106 C4*2 118 112 10C C9 179 116 122 136 12A 13B 160 143 145 D3 14C D5*3
        172 141 15A 16A DC 17B 17D DF 105 12F 101 107 E4*2 119 113 10D E9 17A 117 123 137
        12B 13C 161 144 146 F3 14D F5*3 173 142 15B 16B FC 17C 17E 2D9
        """,
        "cp850": """
        C7 FC E9 E2 E4 E0 E5 E7 EA*2 E8 EF EE EC C4*2 C9 E6 C6 F4 F6 F2 FB F9 FF D6 DC F8 A3
        D8 D7 192 E1 ED F3 FA F1 D1 AA BA BF AE AC BD BC A1 AB BB 2591*3 2502 2524 C1*2 C0
        A9 2563 2551 2557 255D A2 A5 2510 2514 2534 252C 251C 2500 253C E3 C3 255A 2554 2569
        2566 2560 2550 256C A4 F0 D0 CA*2 C8 131 CD*3 2518 250C 2588 2584 A6 CC 2580 D3 DF
        D4 D2 F5 D5 B5 FE DE DA*2 D9 FD DD AF B4 AD B1 2017 BE B6 A7 F7 B8 B0 A8 B7 B9 B3 B2
        25A0 A0
        """,
        "cp852": """
        C7 FC E9 E2 E4 16F 107 E7 142 EB 150*2 EE 179 C4 106 C9 139*2 F4 F6 13D*2 15A*2 D6
        DC 164*2 141 D7 10D E1 ED F3 FA 104*2 17D*2 118*2 AC 17A 10C 15F AB BB 2591*3 2502
        2524 C1*2 11A 15E 2563 2551 2557 255D 17B*2 2510 2514 2534 252C 251C 2500 253C 102*2
        255A 2554 2569 2566 2560 2550 256C A4 111 110 10E CB 10F 147 CD*2 11B 2518 250C 2588
        2584 162 16E 2580 D3 DF D4 143*2 148 160*2 154 DA 155 170 FD DD 163 B4 AD 2DD 2DB
        2C7 2D8 A7 F7 B8 B0 A8 2D9 171 158*2 25A0 A0
        """,
        "cp866": """
        410*48 2591*3 2502 2524 2561*2 2556 2555 2563 2551 2557 255D 255C 255B 2510 2514
        2534 252C 251C 2500 253C 255E*2 255A 2554 2569 2566 2560 2550 256C 2567*2 2564*2
        2559 2558 2552*2 256B 256A 2518 250C 2588 2584 258C 2590 2580 440*16 401 451 404 454
        407 457 40E 45E B0 2219 B7 221A 207F B2 25A0 A0
        """,
        "greek": """
        80*33 2BD 2BC A3 -*2 A6*4 - AB*3 - 2015 B0*4 384*3 B7 388*3 BB 38C BD 38E*20 -
        3A3*44 -
        """,
        "hebrew": """
        80*33 - A2*8 D7 AB*4 203E B0*10 F7 BB*4 -*32 2017 5D0*27 -*2 200E*2 -
        """,
        "koi8r": """
        2500 2502 250C 2510 2514 2518 251C 2524 252C 2534 253C 2580 2584 2588 258C 2590*4
        2320 25A0 2219*2 2248 2264*2 A0 2321 B0 B2 B7 F7 2550*3 451 2553*15 401 2562*11 A9
        44E 430*2 446 434*2 444 433 445 438*8 44F 440*4 436 432 44C 44B 437 448 44D 449 447
        44A 42E 410*2 426 414*2 424 413 425 418*8 42F 420*4 416 412 42C 42B 417 428 42D 429
        427 42A
        """,
        "koi8u": """
        2500 2502 250C 2510 2514 2518 251C 2524 252C 2534 253C 2580 2584 2588 258C 2590*4
        2320 25A0 2022 221A 2248 2264*2 A0 2321 B0 B2 B7 F7 2550*3 451 454 2554 456*2 2557*5
        491 255D*5 401 404 2563 406*2 2566*5 490 256C A9 44E 430*2 446 434*2 444 433 445
        438*8 44F 440*4 436 432 44C 44B 437 448 44D 449 447 44A 42E 410*2 426 414*2 424 413
        425 418*8 42F 420*4 416 412 42C 42B 417 428 42D 429 427 42A
        """,
        "latin1": """
        20AC 81 201A 192 201E 2026 2020*2 2C6 2030 160 2039 152 8D 17D 8F*2 2018*2 201C*2
        2022 2013*2 2DC 2122 161 203A 153 9D 17E 178 A0*96
        """,
        "latin2": """
        80*33 104 2D8 141 A4 13D 15A A7*2 160 15E 164 179 AD 17D 17B B0 105 2DB 142 B4 13E
        15B 2C7 B8 161 15F 165 17A 2DD 17E 17C 154 C1*2 102 C4 139 106 C7 10C C9 118 CB 11A
        CD*2 10E 110 143 147 D3*2 150 D6*2 158 16E DA 170 DC*2 162 DF 155 E1*2 103 E4 13A
        107 E7 10D E9 119 EB 11B ED*2 10F 111 144 148 F3*2 151 F6*2 159 16F FA 171 FC*2 163
        2D9
        """,
        "latin5": """
        80*80 11E D1*12 130 15E DF*17 11F F1*12 131 15F FF
        """,
        "latin7": """
        80*33 201D A2*3 201E A6*2 D8 A9 156 AB*4 C6 B0*4 201C B5*3 F8 B9 157 BB*4 E6 104 12E
        100 106 C4*2 118 112 10C C9 179 116 122 136 12A 13B 160 143 145 D3 14C D5*3 172 141
        15A 16A DC 17B 17D DF 105 12F 101 107 E4*2 119 113 10D E9 17A 117 123 137 12B 13C
        161 144 146 F3 14D F5*3 173 142 15B 16B FC 17C 17E 2019
        """,
        "macroman": """
        C4*2 C7 C9 D1 D6 DC E1 E0 E2 E4 E3 E5 E7 E9 E8 EA*2 ED EC EE*2 F1 F3 F2 F4 F6 F5 FA
        F9 FB*2 2020 B0 A2*2 A7 2022 B6 DF AE A9 2122 B4 A8 2260 C6 D8 221E B1 2264*2 A5 B5
        2202 2211 220F 3C0 222B AA BA 3A9 E6 F8 BF A1 AC 221A 192 2248 2206 AB BB 2026 A0 C0
        C3 D5 152*2 2013*2 201C*2 2018*2 F7 25CA FF 178 2044 20AC 2039*2 FB01*2 2021 B7 201A
        201E 2030 C2 CA C1 CB C8 CD*3 CC D3*2 F8FF D2 DA*2 D9 131 2C6 2DC AF 2D8*3 B8 2DD
        2DB 2C7
        """,
    ]

    /// The 128 code points of a set's text; 0 for none.
    static func codes(_ text: String) -> [UInt16] {
        var codes: [UInt16] = []
        codes.reserveCapacity(128)
        for word in text.split(whereSeparator: { $0 == " " || $0 == "\n" }) {
            let parts = word.split(separator: "*")
            let count = parts.count > 1 ? UInt16(parts[1]) ?? 1 : 1
            if let first = UInt16(parts[0], radix: 16) {
                codes += (0..<count).map { first + $0 }
            } else {
                codes += repeatElement(0, count: Int(count))
            }
        }
        assert(codes.count == 128, "a set has 128 bytes behind ASCII")
        return codes
    }
}
