import Glibc

extension ChildProcess {
    /// Starts a program and waits for the first line that it prints, by which it tells that it is
    /// ready. It must print nothing later: nobody reads it.
    ///
    /// - Parameters: as those of `init`.
    /// - Returns: the program, and the line without its end.
    /// - Throws: `Failure` when it does not start, or prints no line: it has ended, or nothing came
    ///   for two minutes.
    public static func started(
        _ program: String,
        _ arguments: [String],
        environment: [String: String] = [:],
        input: Int32? = nil,
        errors: Int32? = nil
    ) throws -> (process: ChildProcess, firstLine: String) {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw Failure("there is no pipe for \(program)") }
        defer { close(ends[0]) }
        let started = Result {
            try ChildProcess(
                program,
                arguments,
                environment: environment,
                input: input,
                output: ends[1],
                errors: errors
            )
        }
        close(ends[1])
        let process = try started.get()
        let lineEnd = UInt8(ascii: "\n")
        var printed: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1_024)
        while !printed.contains(lineEnd) {
            var waited = pollfd(fd: ends[0], events: Int16(POLLIN), revents: 0)
            let ready = poll(&waited, 1, 120_000)
            if ready < 0, errno == EINTR { continue }
            let count = ready == 1 ? read(ends[0], &chunk, chunk.count) : 0
            guard count > 0 else {
                let text = String(decoding: printed, as: UTF8.self)
                throw Failure("\(program) printed no line, but '\(text)'")
            }
            printed += chunk[..<count]
        }
        let line = printed.prefix { $0 != lineEnd }
        return (process, String(decoding: line, as: UTF8.self))
    }
}
