import BorealBase

/// `LOAD DATA`, and the format of files that it shares with `INTO OUTFILE`.
extension Parser {
    mutating func parseLoadData() throws(SyntaxError) -> LoadData {
        let start = token.start
        try expect(.load)
        try expect(.data)
        if at(.lowPriority) || at(.concurrent) { try advance() }
        let isLocal = try accept(.local)
        try expect(.infile)
        let file = try parseString()
        let duplicates = try parseDuplicates()
        try expect(.into)
        try expect(.table)
        var load = LoadData(
            isLocal: isLocal,
            file: file,
            duplicates: duplicates,
            table: try parseObjectName()
        )
        if try accept(.partition) { load.partitions = try parseNameList() }
        if try acceptCharset() { load.charset = try parseCharsetName() }
        load.format = try parseFileFormat()
        if try accept(.ignore) {
            load.ignoredLines = try parseInteger()
            if try !accept(.lines) { try expect(.rows) }
        }
        if try accept(.leftParenthesis) {
            if !at(.rightParenthesis) { load.fields = try parseLoadFields() }
            try expect(.rightParenthesis)
        }
        if try accept(.set) { load.assignments = try parseAssignments() }
        load.span = span(from: start)
        return load
    }

    /// `REPLACE` or `IGNORE`, if one is there.
    mutating func parseDuplicates() throws(SyntaxError) -> LoadData.Duplicates {
        if try accept(.replace) { return .replace }
        return try accept(.ignore) ? .ignore : .fail
    }

    private mutating func parseLoadFields() throws(SyntaxError) -> [LoadData.Field] {
        try parseList { (parser) throws(SyntaxError) in
            guard parser.at(.userVariable) else { return .column(try parser.parseColumnName()) }
            let name = parser.lexer.variableName(parser.token)
            try parser.advance()
            return .variable(name)
        }
    }

    /// `FIELDS ...`, `LINES ...`; either may be missing.
    mutating func parseFileFormat() throws(SyntaxError) -> FileFormat {
        var format = FileFormat()
        if at(.fields) || at(.columns) {
            try advance()
            try parseFieldFormat(&format)
        }
        guard try accept(.lines) else { return format }
        var count = 0
        while at(.terminated) || at(.starting) {
            let isEnd = at(.terminated)
            try advance()
            try expect(.by)
            let bytes = try parseByteString()
            if isEnd { format.lineTerminator = bytes } else { format.lineStart = bytes }
            count += 1
        }
        if count == 0 { throw unexpected(.keyword(.terminated), .keyword(.starting)) }
        return format
    }

    private mutating func parseFieldFormat(_ format: inout FileFormat) throws(SyntaxError) {
        var count = 0
        while true {
            switch token.keyword {
            case .terminated:
                try advance()
                try expect(.by)
                format.fieldTerminator = try parseByteString()
            case .optionally, .enclosed:
                format.isEnclosureOptional = try accept(.optionally)
                try expect(.enclosed)
                try expect(.by)
                format.fieldEnclosure = try parseByteString()
            case .escaped:
                try advance()
                try expect(.by)
                format.fieldEscape = try parseByteString()
            default:
                if count > 0 { return }
                throw unexpected(.keyword(.terminated), .keyword(.enclosed), .keyword(.escaped))
            }
            count += 1
        }
    }
}
