/// Writes XML 1.0 in UTF-8.
struct XMLWriter {
    private let sink: ExportSink

    /// Begins a document.
    init(_ sink: ExportSink) {
        self.sink = sink
        append("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")
    }

    private func append(_ text: String) { sink.append(text) }

    /// Throws what ended the sink.
    func check() throws(ExportError) { try sink.check() }

    /// Text as content or attribute; what XML cannot hold becomes U+FFFD.
    private func escape(_ text: String) {
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": append("&amp;")
            case "<": append("&lt;")
            case ">": append("&gt;")
            case "\"": append("&quot;")
            case "\t", "\n", "\r": append("&#\(scalar.value);")
            default:
                let isAllowed = scalar.value >= 0x20 && scalar.value != 0xFFFE
                append(isAllowed && scalar.value != 0xFFFF ? String(scalar) : "\u{FFFD}")
            }
        }
    }

    private func begin(_ name: String, _ attributes: [(String, String)]) {
        append("<\(name)")
        for (key, value) in attributes {
            append(" \(key)=\"")
            escape(value)
            append("\"")
        }
    }

    func open(_ name: String, _ attributes: [(String, String)]) {
        begin(name, attributes)
        append(">\n")
    }

    func close(_ name: String) { append("</\(name)>\n") }

    func empty(_ name: String, _ attributes: [(String, String)]) {
        begin(name, attributes)
        append("/>\n")
    }

    /// PMML's Array: members between blanks, within quotes when they are text.
    func array(_ members: [String], type: String) {
        begin("Array", [("type", type), ("n", "\(members.count)")])
        append(">")
        for (index, member) in members.enumerated() {
            if index > 0 { append(" ") }
            guard type == "string" else {
                append(member)
                continue
            }
            append("&quot;")
            escape(String(member.flatMap { $0 == "\"" ? "\\\"" : String($0) }))
            append("&quot;")
        }
        append("</Array>\n")
    }
}
