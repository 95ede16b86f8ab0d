import BorealBase
import BorealCatalog
import BorealRemote
import BorealTables

/// What SQL can read of remote models: the database `boreal_ai`, and `polar_ai._ai_models` with
/// the columns of the vendor's table of that name.
///
/// Everybody sees his own requests, sums and budgets and the models that he may use; PROCESS or
/// SYSTEM_ADMIN shows those of all, and alone the providers and the cache, which all share.
enum RemoteTables {
    static func all(_ engine: Engine) -> [SystemTable] {
        [
            models(engine), providers(engine), requests(engine), usage(engine), cache(engine),
            budgets(engine),
        ]
    }

    /// A table of `boreal_ai`; empty when the thread for calls cannot be made.
    private static func table(
        _ engine: Engine,
        _ name: String,
        _ columns: String,
        rows: @escaping @Sendable (RemoteDispatcher, Viewer) -> [[TableValue]]
    ) -> SystemTable {
        SystemTable("boreal_ai", name: name, columns: columns) { [weak engine] rights in
            // Without a thread there were no calls either.
            guard let dispatcher = try? engine?.remote.dispatcher() else { return [] }
            return rows(dispatcher, Viewer(rights))
        }
    }

    /// Who looks.
    private struct Viewer {
        let access: ModelAccess
        let seesAll: Bool

        init(_ rights: AccountRights) {
            access = ModelAccess(rights)
            seesAll = rights.holdsAny(.process, "SYSTEM_ADMIN")
        }

        func sees(user: String) -> Bool { seesAll || user == access.owner }
    }

    // MARK: - Models

    private static func models(_ engine: Engine) -> SystemTable {
        SystemTable(
            "polar_ai",
            name: "_ai_models",
            columns: "model_seq bigint!, model_id varchar(256)!, model_url text!, "
                + "model_provider text, model_type text, model_name text!, model_config json!, "
                + "model_headers_fn json, model_in_transform_fn text, model_out_transform_fn text"
        ) { [weak engine] rights in
            guard let engine else { return [] }
            let shown = engine.catalog.snapshot.models.filter {
                $0.modelClass == ModelClass.remote && ModelAccess(rights).mayUse($0)
            }
            return shown.compactMap(row)
        }
    }

    private static func row(_ model: Model) -> [TableValue]? {
        let bound = BoundModel(model: model, version: model.defaultVersion)
        // A definition that this release cannot read has no columns to show.
        guard let record = try? RemoteGateway.record(of: bound) else { return nil }
        var config: [(key: String, value: JSON)] = [("author_type", .string("token"))]
        if !bound.version.definition.sealedKey.isEmpty { config.append(("token", .string("***"))) }
        config += record.shownConfig.object ?? []
        return [
            .integer(model.id.rawValue), .text(model.name), .text(url(record.address)),
            filled(record.provider), filled(record.modelType), .text(record.upstreamName),
            .text(JSON.object(config).description),
            record.headers == .null ? .null : .text(record.shownHeaders.description),
            filled(record.inTransform), filled(record.outTransform),
        ]
    }

    /// Without the query string, where keys are.
    private static func url(_ address: RemoteAddress) -> String {
        String(address.shortText.prefix { $0 != "?" })
    }

    // MARK: - Health

    private static func providers(_ engine: Engine) -> SystemTable {
        table(
            engine,
            "providers",
            "provider text!, state varchar(16)!, concurrency_limit int!, in_flight int!, "
                + "p50_ms double, p99_ms double, error_rate double!, cooldown_until timestamp(6)"
        ) { dispatcher, viewer in
            guard viewer.seesAll else { return [] }
            let now = Instant.now
            return dispatcher.providers.map { status in
                let cooldown = status.cooldownMilliseconds.map { milliseconds in
                    Instant(microseconds: now.microseconds + Int64(milliseconds) * 1_000)
                }
                return [
                    .text(status.name), .text(status.state), count(status.concurrencyLimit),
                    count(status.inFlight), real(status.medianMilliseconds),
                    real(status.p99Milliseconds), .real(status.errorRate), time(cooldown),
                ]
            }
        }
    }

    private static func cache(_ engine: Engine) -> SystemTable {
        table(
            engine,
            "cache",
            "entries bigint!, bytes bigint!, hits bigint!, misses bigint!"
        ) { dispatcher, viewer in
            guard viewer.seesAll else { return [] }
            let status = dispatcher.cache
            return [
                [
                    count(status.entries), count(status.bytes), count(status.hits),
                    count(status.misses),
                ]
            ]
        }
    }

    // MARK: - Requests and what they took

    private static func requests(_ engine: Engine) -> SystemTable {
        table(
            engine,
            "requests_recent",
            "time timestamp(6)!, user varchar(292)!, model varchar(256)!, provider text!, "
                + "tier varchar(64)!, data_policy varchar(16)!, kind varchar(16)!, rows bigint!, "
                + "bytes bigint!, tokens_in bigint!, tokens_out bigint!, estimated tinyint!, "
                + "attempts int!, status varchar(16)!, ms bigint!, queue_ms bigint!, "
                + "cached tinyint!, cost double!, trace varchar(32)!"
        ) { dispatcher, viewer in
            dispatcher.recentRequests.filter { viewer.sees(user: $0.user) }.map { request in
                [
                    time(request.at), .text(request.user), .text(request.model),
                    .text(request.provider), .text(request.tier),
                    .text(request.isDedicatedOnly ? "dedicated_only" : "any"),
                    .text(request.kind.rawValue), count(request.rows), count(request.bytes),
                    count(request.usage.input), count(request.usage.output),
                    flag(request.usage.isEstimated), count(request.attempt),
                    .text(request.failure?.rawValue ?? "ok"), count(request.milliseconds),
                    count(request.queueMilliseconds), flag(request.isCached), .real(request.cost),
                    .text(request.trace?.text ?? ""),
                ]
            }
        }
    }

    private static func usage(_ engine: Engine) -> SystemTable {
        table(
            engine,
            "usage_hourly",
            "hour timestamp!, user varchar(292)!, model varchar(256)!, provider text!, "
                + "requests bigint!, rows bigint!, errors json!, tokens_in bigint!, "
                + "tokens_out bigint!, estimated tinyint!, cache_hits bigint!, cost double!"
        ) { dispatcher, viewer in
            dispatcher.hourlyUsage.filter { viewer.sees(user: $0.key.user) }.map { key, sum in
                let errors = sum.errors.sorted { $0.key < $1.key }
                let hour = Instant(microseconds: key.hour * 3_600_000_000)
                return [
                    time(hour), .text(key.user), .text(key.model), .text(key.provider),
                    count(sum.requests), count(sum.rows),
                    .text(JSON.object(errors.map { ($0, .integer(Int64($1))) }).description),
                    count(sum.tokensIn), count(sum.tokensOut), flag(sum.isEstimated),
                    count(sum.cacheHits), .real(sum.cost),
                ]
            }
        }
    }

    private static func budgets(_ engine: Engine) -> SystemTable {
        table(
            engine,
            "budgets",
            "scope varchar(16)!, name varchar(292)!, unit varchar(16)!, period varchar(16)!, "
                + "budget double!, used double!"
        ) { [weak engine] dispatcher, viewer in
            let snapshot = engine?.catalog.snapshot
            let shown = dispatcher.budgets.filter { standing in
                switch standing.owner {
                case .user(let name): viewer.sees(user: name)
                case .model(let name):
                    viewer.seesAll || snapshot?.model(named: name).map(viewer.access.mayUse) == true
                }
            }
            let rows = shown.map { standing -> [TableValue] in
                let (scope, name) = standing.owner.words
                return [
                    .text(scope), .text(name), .text(standing.budget.unit.rawValue),
                    .text(standing.budget.period.rawValue), .real(standing.budget.limit),
                    .real(standing.used),
                ]
            }
            return rows.sorted { left, right in
                left.prefix(4).compactMap(\.text).lexicographicallyPrecedes(
                    right.prefix(4).compactMap(\.text)
                )
            }
        }
    }

    // MARK: - Cells

    private static func count(_ number: Int) -> TableValue { .integer(Int64(number)) }
    private static func flag(_ value: Bool) -> TableValue { .integer(value ? 1 : 0) }
    private static func real(_ number: Double?) -> TableValue { number.map { .real($0) } ?? .null }

    /// NULL for an empty text.
    private static func filled(_ text: String) -> TableValue { text.isEmpty ? .null : .text(text) }

    /// A moment as timestamp columns keep it: in UTC.
    private static func time(_ instant: Instant?) -> TableValue {
        instant.map { .text($0.text(in: .fixed(seconds: 0))) } ?? .null
    }
}

extension UsageBudgets.Owner {
    fileprivate var words: (scope: String, name: String) {
        switch self {
        case .user(let name): ("user", name)
        case .model(let name): ("model", name)
        }
    }
}
