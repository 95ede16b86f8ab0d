import BorealBase
import Glibc

/// Where settings come from before the server runs: configuration file, environment, command line.
enum SettingSources {
    /// Applies them in that order; later ones win.
    ///
    /// - Parameters:
    ///   - file: the configuration file; nil for none.
    ///   - line: what the command line says, nil for what it leaves out.
    /// - Returns: the names that a source gave a value.
    /// - Throws: `CommandFailure` of wrong usage for an unknown name and a bad value.
    @discardableResult
    static func apply(
        _ file: String?,
        _ line: [(String, String?)],
        to settings: Settings
    ) throws -> Set<String> {
        var given: Set<String> = []
        do {
            if let file {
                for (name, value) in try ConfigurationFile.read(file) {
                    try settings.set(name, to: value)
                    given.insert(name)
                }
            }
            for definition in Settings.definitions {
                let variable = "BOREAL_" + definition.name.uppercased()
                guard let value = getenv(variable) else { continue }
                try settings.set(definition.name, to: String(cString: value))
                given.insert(definition.name)
            }
            for (name, value) in line {
                guard let value else { continue }
                try settings.set(name, to: value)
                given.insert(name)
            }
        } catch let error as SettingError {
            throw CommandFailure.usage(sentence(error))
        }
        return given
    }

    private static func sentence(_ error: SettingError) -> String {
        switch error {
        case .unknown(let name): "unknown setting '\(name)'"
        case .startupOnly(let name): "setting '\(name)' can be given at start only"
        case .badValue(let name, let value, let expected):
            "setting '\(name)' cannot be '\(value)'; it takes \(expected)"
        }
    }
}
