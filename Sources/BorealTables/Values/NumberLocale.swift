/// How a locale writes long numbers: FORMAT's third argument.
struct NumberLocale {
    /// Between the whole part and the fraction.
    let point: String
    /// Between groups of digits; empty when there are none.
    let separator: String
    /// Digits of every group but the last, which has three.
    var groupDigits = 3

    static let english = NumberLocale(point: ".", separator: ",")

    /// Nil for a locale that MySQL does not have.
    init?(_ name: String) {
        guard let found = Self.table[name.lowercased()] else { return nil }
        self = found
    }

    private init(point: String, separator: String, groupDigits: Int = 3) {
        self.point = point
        self.separator = separator
        self.groupDigits = groupDigits
    }

    private static let table: [String: NumberLocale] = {
        var table: [String: NumberLocale] = [:]
        for (locale, names) in groups {
            for name in names.split(separator: " ") { table[name.lowercased()] = locale }
        }
        return table
    }()

    /// MySQL's own table, by what they write.
    private static let groups: [(NumberLocale, String)] = [
        (
            english,
            """
            ar_AE ar_BH ar_DZ ar_EG ar_IN ar_IQ ar_JO ar_KW ar_LB ar_LY ar_MA ar_OM ar_QA ar_SD \
            ar_SY ar_TN ar_YE en_AU en_CA en_GB en_NZ en_PH en_US en_ZA en_ZW es_DO es_GT es_HN \
            es_MX es_NI es_PA es_PE es_PR es_SV es_US gu_IN he_IL hi_IN ja_JP ko_KR ms_MY th_TH \
            ur_PK zh_CN zh_HK zh_TW
            """
        ),
        (
            NumberLocale(point: ",", separator: "."),
            """
            be_BY da_DK de_BE de_DE de_LU es_AR es_BO es_CL es_CO es_EC es_ES es_PY es_UY es_VE \
            fo_FO hu_HU id_ID is_IS lt_LT mn_MN nb_NO no_NO ro_RO ru_UA sq_AL tr_TR uk_UA vi_VN
            """
        ),
        (
            NumberLocale(point: ",", separator: ""),
            """
            ca_ES de_AT el_GR eu_ES fr_BE fr_CA fr_CH fr_FR fr_LU gl_ES hr_HR it_IT nl_BE nl_NL \
            pl_PL pt_BR pt_PT sl_SI
            """
        ),
        (
            NumberLocale(point: ",", separator: " "),
            "bg_BG cs_CZ es_CR et_EE fi_FI lv_LV mk_MK ru_RU sk_SK sv_FI sv_SE"
        ),
        (NumberLocale(point: ".", separator: ""), "ar_SA sr_RS"),
        (NumberLocale(point: ".", separator: "'"), "de_CH"),
        (NumberLocale(point: ",", separator: "'"), "it_CH rm_CH"),
        (NumberLocale(point: ".", separator: ",", groupDigits: 2), "en_IN ta_IN te_IN"),
    ]

    /// A number in canonical text, written out.
    func written(_ text: String) -> String {
        let isNegative = text.hasPrefix("-")
        let parts = text.drop { $0 == "-" }.split(separator: ".", maxSplits: 1)
        guard let digits = parts.first else { return text }
        var whole: [Character] = []
        var untilSeparator = 3
        for digit in digits.reversed() {
            if untilSeparator == 0 {
                whole.append(contentsOf: separator.reversed())
                untilSeparator = groupDigits
            }
            whole.append(digit)
            untilSeparator -= 1
        }
        let fraction = parts.count > 1 ? point + parts[1] : ""
        return (isNegative ? "-" : "") + String(whole.reversed()) + fraction
    }
}
