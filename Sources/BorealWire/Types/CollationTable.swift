/// Collations of MySQL 8.0 by id: the default of each character set, and those that clients ask
/// for.
public enum CollationTable {
    /// One collation.
    public struct Entry: Hashable, Sendable {
        /// The number MySQL gives it.
        public let id: UInt16
        /// Its name, lower case.
        public let name: String
        /// The character set it sorts, by MySQL 8.0's name (`utf8mb3`, not `utf8`).
        public let characterSet: String
        /// Bytes of the widest character.
        public let characterBytesMax: Int
        /// True for the collation that its character set has when none is named.
        public let isDefault: Bool
    }

    /// Every entry, by rising id.
    public static let all: [Entry] = [
        entry(1, "big5_chinese_ci", "big5", 2, isDefault: true),
        entry(3, "dec8_swedish_ci", "dec8", 1, isDefault: true),
        entry(4, "cp850_general_ci", "cp850", 1, isDefault: true),
        entry(5, "latin1_german1_ci", "latin1", 1),
        entry(6, "hp8_english_ci", "hp8", 1, isDefault: true),
        entry(7, "koi8r_general_ci", "koi8r", 1, isDefault: true),
        entry(8, "latin1_swedish_ci", "latin1", 1, isDefault: true),
        entry(9, "latin2_general_ci", "latin2", 1, isDefault: true),
        entry(11, "ascii_general_ci", "ascii", 1, isDefault: true),
        entry(12, "ujis_japanese_ci", "ujis", 3, isDefault: true),
        entry(13, "sjis_japanese_ci", "sjis", 2, isDefault: true),
        entry(16, "hebrew_general_ci", "hebrew", 1, isDefault: true),
        entry(18, "tis620_thai_ci", "tis620", 1, isDefault: true),
        entry(19, "euckr_korean_ci", "euckr", 2, isDefault: true),
        entry(22, "koi8u_general_ci", "koi8u", 1, isDefault: true),
        entry(24, "gb2312_chinese_ci", "gb2312", 2, isDefault: true),
        entry(25, "greek_general_ci", "greek", 1, isDefault: true),
        entry(26, "cp1250_general_ci", "cp1250", 1, isDefault: true),
        entry(28, "gbk_chinese_ci", "gbk", 2, isDefault: true),
        entry(30, "latin5_turkish_ci", "latin5", 1, isDefault: true),
        entry(31, "latin1_german2_ci", "latin1", 1),
        entry(33, "utf8mb3_general_ci", "utf8mb3", 3, isDefault: true),
        entry(35, "ucs2_general_ci", "ucs2", 2, isDefault: true),
        entry(36, "cp866_general_ci", "cp866", 1, isDefault: true),
        entry(39, "macroman_general_ci", "macroman", 1, isDefault: true),
        entry(40, "cp852_general_ci", "cp852", 1, isDefault: true),
        entry(41, "latin7_general_ci", "latin7", 1, isDefault: true),
        entry(45, "utf8mb4_general_ci", "utf8mb4", 4),
        entry(46, "utf8mb4_bin", "utf8mb4", 4),
        entry(47, "latin1_bin", "latin1", 1),
        entry(48, "latin1_general_ci", "latin1", 1),
        entry(49, "latin1_general_cs", "latin1", 1),
        entry(50, "cp1251_bin", "cp1251", 1),
        entry(51, "cp1251_general_ci", "cp1251", 1, isDefault: true),
        entry(53, "macroman_bin", "macroman", 1),
        entry(54, "utf16_general_ci", "utf16", 4, isDefault: true),
        entry(55, "utf16_bin", "utf16", 4),
        entry(57, "cp1256_general_ci", "cp1256", 1, isDefault: true),
        entry(58, "cp1257_bin", "cp1257", 1),
        entry(59, "cp1257_general_ci", "cp1257", 1, isDefault: true),
        entry(60, "utf32_general_ci", "utf32", 4, isDefault: true),
        entry(61, "utf32_bin", "utf32", 4),
        entry(63, "binary", "binary", 1, isDefault: true),
        entry(65, "ascii_bin", "ascii", 1),
        entry(66, "cp1250_bin", "cp1250", 1),
        entry(67, "cp1256_bin", "cp1256", 1),
        entry(68, "cp866_bin", "cp866", 1),
        entry(70, "greek_bin", "greek", 1),
        entry(71, "hebrew_bin", "hebrew", 1),
        entry(74, "koi8r_bin", "koi8r", 1),
        entry(75, "koi8u_bin", "koi8u", 1),
        entry(77, "latin2_bin", "latin2", 1),
        entry(78, "latin5_bin", "latin5", 1),
        entry(79, "latin7_bin", "latin7", 1),
        entry(80, "cp850_bin", "cp850", 1),
        entry(81, "cp852_bin", "cp852", 1),
        entry(83, "utf8mb3_bin", "utf8mb3", 3),
        entry(84, "big5_bin", "big5", 2),
        entry(87, "gbk_bin", "gbk", 2),
        entry(95, "cp932_japanese_ci", "cp932", 2, isDefault: true),
        entry(97, "eucjpms_japanese_ci", "eucjpms", 3, isDefault: true),
        entry(192, "utf8mb3_unicode_ci", "utf8mb3", 3),
        entry(223, "utf8mb3_general_mysql500_ci", "utf8mb3", 3),
        entry(224, "utf8mb4_unicode_ci", "utf8mb4", 4),
        entry(225, "utf8mb4_icelandic_ci", "utf8mb4", 4),
        entry(228, "utf8mb4_polish_ci", "utf8mb4", 4),
        entry(230, "utf8mb4_spanish_ci", "utf8mb4", 4),
        entry(231, "utf8mb4_swedish_ci", "utf8mb4", 4),
        entry(232, "utf8mb4_turkish_ci", "utf8mb4", 4),
        entry(233, "utf8mb4_czech_ci", "utf8mb4", 4),
        entry(234, "utf8mb4_danish_ci", "utf8mb4", 4),
        entry(246, "utf8mb4_unicode_520_ci", "utf8mb4", 4),
        entry(247, "utf8mb4_vietnamese_ci", "utf8mb4", 4),
        entry(248, "gb18030_chinese_ci", "gb18030", 4, isDefault: true),
        entry(249, "gb18030_bin", "gb18030", 4),
        entry(255, "utf8mb4_0900_ai_ci", "utf8mb4", 4, isDefault: true),
        entry(278, "utf8mb4_0900_as_cs", "utf8mb4", 4),
        entry(303, "utf8mb4_ja_0900_as_cs", "utf8mb4", 4),
        entry(305, "utf8mb4_0900_as_ci", "utf8mb4", 4),
        entry(308, "utf8mb4_zh_0900_as_cs", "utf8mb4", 4),
        entry(309, "utf8mb4_0900_bin", "utf8mb4", 4),
    ]

    /// By id.
    static let byID: [UInt16: Entry] = Dictionary(uniqueKeysWithValues: all.map { ($0.id, $0) })

    /// By name. MySQL 5's `utf8_...` names are aliases of the `utf8mb3_...` ones.
    static let byName: [String: Entry] = {
        var names = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
        for entry in all where entry.characterSet == "utf8mb3" {
            names["utf8" + entry.name.dropFirst("utf8mb3".count)] = entry
        }
        return names
    }()

    private static func entry(
        _ id: UInt16,
        _ name: String,
        _ characterSet: String,
        _ characterBytesMax: Int,
        isDefault: Bool = false
    ) -> Entry {
        Entry(
            id: id,
            name: name,
            characterSet: characterSet,
            characterBytesMax: characterBytesMax,
            isDefault: isDefault
        )
    }
}
