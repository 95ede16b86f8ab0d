import BorealBase
import BorealSQLite

/// Guards of recursive common table expressions.
extension FunctionRegistry {
    func addRecursion() throws(SQLiteError) {
        let context = context
        // The iteration a row comes from; too many are an error.
        try add("b_depth", 1, isDeterministic: false) { call in
            guard call.int64(0) <= Int64(context.recursionMax) else {
                return context.fail(call, .query(.recursionDepth(context.recursionMax)))
            }
            call.result(call.int64(0))
        }
        // Its argument, counting the rows.
        try addRaw("b_counted", 1, isDeterministic: false) { call in
            context.recursionRows += 1
            let most = max(context.recursionMax, 1) * TableLimits.recursionRowsMax
            guard context.recursionRows <= most else {
                return context.fail(call, .query(.recursionDepth(context.recursionMax)))
            }
            call.result(argument: 0)
        }
        try add("b_fit_decimal", 4) { call in
            let value = call.decimal(0)
            if value.fits(digits: call.int(1), scale: call.int(2)) || !context.isStrict {
                return call.result(argument: 0)
            }
            context.fail(call, .outOfRange(column: call.text(3), row: 1))
        }
        // Text that must fit the column which the first members made.
        try add("b_fit", 3) { call in
            let length = call.int(1)
            guard TextFolding.characterCount(call.bytes(0)) > length else {
                return call.result(argument: 0)
            }
            guard !context.isStrict else {
                return context.fail(call, .dataTooLong(column: call.text(2), row: 1))
            }
            call.result(
                String(String.UnicodeScalarView(call.text(0).unicodeScalars.prefix(length)))
            )
        }
    }
}
