/// What accent- and case-insensitive comparison makes of characters.
///
/// The values are those of `utf8mb4_0900_ai_ci`, that is of Unicode's default collation, first
/// level: asked of a server with the same rules, character by character.
enum TextFoldingTable {
    /// The place of each ASCII character in the order of the collation; letters of both cases share
    /// theirs.
    static let ranks: [UInt32] = [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 28, 29, 30, 31, 32, 9, 10,
        11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
        33, 39, 43, 55, 65, 56, 54, 42, 44, 45, 51, 59, 36, 35, 41, 52,
        66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 38, 37, 60, 61, 62, 40,
        50, 76, 77, 78, 79, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89, 90,
        91, 92, 93, 94, 95, 96, 97, 98, 99, 100, 101, 46, 53, 47, 58, 34,
        57, 76, 77, 78, 79, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89, 90,
        91, 92, 93, 94, 95, 96, 97, 98, 99, 100, 101, 48, 63, 49, 64, 27,
    ]

    /// Lower-case letters with marks, and in `plain` at the same place what each is without them.
    static let marked =
        "àáâãäåçèéêëìíîïñòóôõöùúûüýÿāăąćĉċčďēĕėęěĝğġģĥĩīĭįĵķĺļľńņňōŏőŕŗřśŝşšţťũūŭůűųŵŷź"
        + "żžơưǎǐǒǔǖǘǚǜǟǡǣǧǩǫǭǯǰǵǹǻǽȁȃȅȇȉȋȍȏȑȓȕȗșțȟȧȩȫȭȯȱȳʹ;΅ά·έήίόύώΐϊϋΰϓϔѐёѓїќѝўѷӂӑӓӗӛӝ"
        + "ӟӣӥӧӫӭӯӱӳӵӹḁḃḅḇḉḋḍḏḑḓḕḗḙḛḝḟḡḣḥḧḩḫḭḯḱḳḵḷḹḻḽḿṁṃṅṇṉṋṍṏṑṓṕṗṙṛṝṟṡṣṥṧṩṫṭṯṱṳṵṷṹṻṽṿẁẃẅ"
        + "ẇẉẋẍẏẑẓẕẖẗẘẙạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹἀἁἂἃἄἅἆἇἐἑἒἓἔἕἠἡἢἣἤἥἦ"
        + "ἧἰἱἲἳἴἵἶἷὀὁὂὃὄὅὐὑὒὓὔὕὖὗὠὡὢὣὤὥὦὧὰάὲέὴήὶίὸόὺύὼώᾀᾁᾂᾃᾄᾅᾆᾇᾐᾑᾒᾓᾔᾕᾖᾗᾠᾡᾢᾣᾤᾥᾦᾧᾰᾱᾲᾳᾴᾶᾷι῁"
        + "ῂῃῄῆῇ῍῎῏ῐῑῒΐῖῗ῝῞῟ῠῡῢΰῤῥῦῧ῭΅`ῲῳῴῶῷ´"

    /// See `marked`.
    static let plain =
        "aaaaaaceeeeiiiinooooouuuuyyaaaccccdeeeeegggghiiiijklllnnnooorrrssssttuuuuuuwyz"
        + "zzouaiouuuuuaaægkooʒjgnaæaaeeiioorruusthaeooooyʹ;¨α·εηιουωιιυυϒϒеегікиуѵжааеәж"
        + "зииоөэууучыabbbcdddddeeeeefghhhhhiikkkllllmmmnnnnoooopprrrrsssssttttuuuuuvvwww"
        + "wwxxyzzzhtwyaaaaaaaaaaaaeeeeeeeeiioooooooooooouuuuuuuyyyyααααααααεεεεεεηηηηηηη"
        + "ηιιιιιιιιοοοοοουυυυυυυυωωωωωωωωααεεηηιιοουυωωααααααααηηηηηηηηωωωωωωωωαααααααι¨"
        + "ηηηηη᾿᾿᾿ιιιιιι῾῾῾υυυυρρυυ¨¨`ωωωωω´"

    /// Letters that only `0900_ai_ci` and `unicode_ci` take for another, and in `strokePlain` that
    /// one.
    static let stroked =
        "ðøđħİŀłſǿẛ"

    /// See `stroked`.
    static let strokePlain =
        "dodhillsos"
}
