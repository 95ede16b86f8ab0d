/// Draws an answer the way the `mysql` command line does.
enum ResultTable {
    /// The table with its borders and the count of rows.
    static func text(_ answer: DemoClient.Answer) -> String {
        let widths = answer.columns.indices.map { column in
            max(
                answer.columns[column].count,
                answer.rows.map { ($0[column] ?? "NULL").count }.max() ?? 0
            )
        }
        let rule =
            "+" + widths.map { String(repeating: "-", count: $0 + 2) }.joined(separator: "+") + "+"
        var lines = [rule, line(answer.columns, widths, answer.columns.map { _ in false }), rule]
        for row in answer.rows {
            lines.append(line(row.map { $0 ?? "NULL" }, widths, answer.isNumeric))
        }
        lines.append(rule)
        lines.append(answer.rows.count == 1 ? "1 row in set" : "\(answer.rows.count) rows in set")
        return lines.joined(separator: "\n")
    }

    private static func line(_ cells: [String], _ widths: [Int], _ isRight: [Bool]) -> String {
        let padded = cells.indices.map { i in
            let blanks = String(repeating: " ", count: max(0, widths[i] - cells[i].count))
            return isRight[i] ? blanks + cells[i] : cells[i] + blanks
        }
        return "| " + padded.joined(separator: " | ") + " |"
    }
}
