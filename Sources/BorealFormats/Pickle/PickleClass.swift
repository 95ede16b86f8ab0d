/// Everything a pickle may name. What is not here is refused; nothing here is ever called.
///
/// The raw value is `module.name` in the spelling of Python 3 and current libraries; `aliases`
/// holds the older ones.
enum PickleClass: String, CaseIterable {
    // Python's own.
    case object = "builtins.object"
    case list = "builtins.list"
    case tuple = "builtins.tuple"
    case dictionary = "builtins.dict"
    case set = "builtins.set"
    case frozenSet = "builtins.frozenset"
    case bytes = "builtins.bytes"
    case byteArray = "builtins.bytearray"
    case string = "builtins.str"
    case integer = "builtins.int"
    case float = "builtins.float"
    case boolean = "builtins.bool"
    case complex = "builtins.complex"
    /// Only for methods of the distributions that searches keep; refused for all else.
    case getAttribute = "builtins.getattr"
    case reconstructor = "copyreg._reconstructor"
    case codecsEncode = "_codecs.encode"
    case orderedDictionary = "collections.OrderedDict"
    case defaultDictionary = "collections.defaultdict"

    // NumPy.
    case array = "numpy.ndarray"
    case dtype = "numpy.dtype"
    case arrayReconstruct = "numpy._core.multiarray._reconstruct"
    case arrayFromBuffer = "numpy._core.numeric._frombuffer"
    case scalar = "numpy._core.multiarray.scalar"
    case float64 = "numpy.float64"
    case float32 = "numpy.float32"
    case int64 = "numpy.int64"
    case int32 = "numpy.int32"
    case numpyBool = "numpy.bool_"
    case randomStateMaker = "numpy.random._pickle.__randomstate_ctor"
    case bitGeneratorMaker = "numpy.random._pickle.__bit_generator_ctor"
    case generatorMaker = "numpy.random._pickle.__generator_ctor"
    case mersenneTwister = "numpy.random._mt19937.MT19937"
    case pcg64 = "numpy.random._pcg64.PCG64"

    // joblib.
    case joblibArray = "joblib.numpy_pickle.NumpyArrayWrapper"

    // LightGBM and what its scikit-learn wrappers hold.
    case booster = "lightgbm.basic.Booster"
    case innerPredictor = "lightgbm.basic._InnerPredictor"
    case lgbmModel = "lightgbm.sklearn.LGBMModel"
    case lgbmClassifier = "lightgbm.sklearn.LGBMClassifier"
    case lgbmRegressor = "lightgbm.sklearn.LGBMRegressor"
    case lgbmRanker = "lightgbm.sklearn.LGBMRanker"
    case labelEncoder = "sklearn.preprocessing._label.LabelEncoder"

    // XGBoost and its scikit-learn wrappers.
    case xgbBooster = "xgboost.core.Booster"
    case xgbModel = "xgboost.sklearn.XGBModel"
    case xgbClassifier = "xgboost.sklearn.XGBClassifier"
    case xgbRegressor = "xgboost.sklearn.XGBRegressor"
    case xgbRanker = "xgboost.sklearn.XGBRanker"
    case xgbRFClassifier = "xgboost.sklearn.XGBRFClassifier"
    case xgbRFRegressor = "xgboost.sklearn.XGBRFRegressor"

    // CatBoost.
    case catBoost = "catboost.core.CatBoost"
    case catBoostClassifier = "catboost.core.CatBoostClassifier"
    case catBoostRegressor = "catboost.core.CatBoostRegressor"
    case catBoostRanker = "catboost.core.CatBoostRanker"

    /// A dictionary that scikit-learn gives another name.
    case bunch = "sklearn.utils._bunch.Bunch"

    /// What stands in the table of `PickleMember`.
    case member = ""
    /// An object that the file keeps elsewhere, such as the numbers of a tensor; its arguments say
    /// where. No name is spelt without a point, so no pickle can name it, or the next.
    case persistent = "persistent id"
    /// An instance of a class whose text lies beside the pickle in a TorchScript archive.
    case scripted = "scripted class"

    /// Older spellings of the same.
    private static let aliases: [String: PickleClass] = [
        "copy_reg._reconstructor": .reconstructor,
        "numpy.core.multiarray._reconstruct": .arrayReconstruct,
        "numpy.core.numeric._frombuffer": .arrayFromBuffer,
        "numpy.core.multiarray.scalar": .scalar,
        "numpy.bool": .numpyBool, "sklearn.utils.Bunch": .bunch,
        "sklearn.preprocessing.label.LabelEncoder": .labelEncoder,
        "lightgbm.compat._LGBMLabelEncoder": .labelEncoder,
        "xgboost.compat.XGBoostLabelEncoder": .labelEncoder,
        "lightgbm.sklearn._LGBMLabelEncoder": .labelEncoder,
        "sklearn.externals.joblib.numpy_pickle.NumpyArrayWrapper": .joblibArray,
    ]

    private static let byName = Dictionary(
        uniqueKeysWithValues: allCases.map { ($0.rawValue, $0) }
    )

    /// The class of that exact module and name; Python 2's `__builtin__` is `builtins`.
    init?(module: String, name: String) {
        // A dotted name would reach attributes of a listed class.
        guard !name.utf8.contains(UInt8(ascii: ".")) else { return nil }
        let module = module == "__builtin__" ? "builtins" : module
        let full = "\(module).\(name)"
        guard let found = Self.byName[full] ?? Self.aliases[full], found != .member else {
            return nil
        }
        self = found
    }

    /// True for the classes whose instances carry a state that `BUILD` sets.
    var isRecord: Bool {
        switch self {
        case .booster, .innerPredictor, .lgbmModel, .lgbmClassifier, .lgbmRegressor, .lgbmRanker,
            .labelEncoder, .joblibArray, .mersenneTwister, .pcg64, .member, .scripted:
            true
        default: isXGBoost || isCatBoost
        }
    }

    /// A booster of XGBoost or one of its wrappers.
    var isXGBoost: Bool {
        switch self {
        case .xgbBooster, .xgbModel, .xgbClassifier, .xgbRegressor, .xgbRanker, .xgbRFClassifier,
            .xgbRFRegressor:
            true
        default: false
        }
    }

    /// A model of CatBoost.
    var isCatBoost: Bool {
        switch self {
        case .catBoost, .catBoostClassifier, .catBoostRegressor, .catBoostRanker: true
        default: false
        }
    }
}
