import Glibc

/// One line on the terminal that is written over and over: progress.
enum TerminalLine {
    /// Replaces the line; nothing happens when standard error is no terminal.
    static func show(_ text: String) { write("\r\u{1B}[K" + text) }

    /// Leaves an empty line.
    static func clear() { write("\r\u{1B}[K") }

    private static func write(_ text: String) {
        guard isatty(STDERR_FILENO) == 1 else { return }
        let bytes = Array(text.utf8)
        _ = Glibc.write(STDERR_FILENO, bytes, bytes.count)
    }
}
