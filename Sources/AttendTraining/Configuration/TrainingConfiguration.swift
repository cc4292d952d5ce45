import AttendBase
import AttendTensor

/// All that `attend train` needs to know, read from one JSON file: `model`, `tokenizer`, `data`, `training`. The schema
/// with examples is ``schema``. Paths are relative to the file's folder.
public struct TrainingConfiguration: Sendable {
  /// The `config.json` of the model to be, without what the tokenizer decides.
  public var model: JSON.Object
  public var tokenizer: TokenizerChoice
  public var data: DataConfiguration
  public var training: TrainingOptions

  /// - Throws: `not-found`, `damaged-file` when it is no JSON, `invalid-input` naming the field that is wrong.
  public init(path: String) throws(AttendError) {
    let file = try MappedFile(path: path)
    let json = try JSON(parsing: file.copied, source: path)
    try self.init(json, folder: Folder.parent(of: path), name: Folder.lastName(of: path))
  }

  /// - Parameters:
  ///   - folder: what paths are relative to.
  ///   - name: of the file, for messages.
  public init(_ json: JSON, folder: String, name: String) throws(AttendError) {
    let root = try ConfigurationSection(json, place: name)
    guard let model = root.value("model") else { throw root.missing("model", "the config.json of the model to train") }
    guard case .object(let fields) = model else { throw root.wrong("model", model, "an object") }
    self.model = fields
    guard let data = try root.section("data") else { throw root.missing("data", "an object") }
    self.data = try DataConfiguration(data, folder: folder)
    tokenizer = try TokenizerChoice(root, folder: folder)
    guard let training = try root.section("training") else { throw root.missing("training", "an object") }
    self.training = try TrainingOptions(training)
    // A place for remarks, since JSON has no comments.
    _ = root.value("comment")
    try root.finish()
  }
}

/// Where tokens come from.
public enum TokenizerChoice: Sendable, Equatable {
  /// A `tokenizer.json`, or a folder with one.
  case file(String)
  /// One token for each character of the training text.
  case characters
  /// One token for each byte.
  case bytes
  /// Byte-level BPE learnt from the training text.
  case learned(vocabularySize: Int, minimumFrequency: Int)

  private static let expected =
    "the path of a tokenizer.json, \"characters\", \"bytes\" or {\"train\": {\"vocabulary\": 8000}}"

  init(_ root: ConfigurationSection, folder: String) throws(AttendError) {
    guard let value = root.value("tokenizer") else { throw root.missing("tokenizer", Self.expected) }
    switch value {
    case "characters": self = .characters
    case "bytes": self = .bytes
    case .string(let path) where !path.isEmpty: self = .file(path.hasPrefix("/") ? path : "\(folder)/\(path)")
    case .object:
      let section = try ConfigurationSection(value, place: root.place + ": tokenizer")
      guard let train = try section.section("train") else { throw section.missing("train", "an object") }
      // 256 bytes and the tokens for start and end.
      self = .learned(
        vocabularySize: try train.integer("vocabulary", in: 258...1 << 20),
        minimumFrequency: try train.integer("minimum_frequency", default: 2, in: 1...1 << 30))
      try train.finish()
      try section.finish()
    default: throw root.wrong("tokenizer", value, Self.expected)
    }
  }
}

/// What to learn from.
public struct DataConfiguration: Sendable {
  public enum Kind: String, Sendable, CaseIterable {
    /// Files as one stream of tokens, cut into blocks: language modelling.
    case text
    /// Each line a sequence of its own, with the end token behind: language modelling.
    case lines
    /// Each line a source, a tab and a target: translation.
    case pairs
  }

  public enum Order: String, Sendable, CaseIterable { case random, sequential, shuffled }

  /// What becomes of a sequence that is longer than the model or `longest`.
  public enum TooLong: String, Sendable, CaseIterable { case skip, truncate }

  public var kind: Kind
  public var files: [String]
  /// Files to measure the model on.
  public var validationFiles: [String]
  /// Part of the training data that is held out instead: the last lines, or the last tokens of a text.
  public var validationFraction: Double
  /// Predictions per block; nil for the model's context.
  public var blockSize: Int?
  public var order: Order
  public var isBucketed: Bool
  public var tooLong: TooLong
  /// The most tokens per side of a line or pair; nil for the model's own limit.
  public var longest: Int?
  /// Lines are laid end to end and cut into blocks.
  public var isPacked: Bool

  init(_ section: ConfigurationSection, folder: String) throws(AttendError) {
    kind = try section.choice("kind")
    guard let files = try section.paths("train", in: folder) else {
      throw section.missing("train", "a path or a list of paths")
    }
    self.files = files
    validationFiles = try section.paths("validation", in: folder) ?? []
    validationFraction = try section.number("validation_fraction", default: 0, in: 0...0.9)
    guard validationFiles.isEmpty || validationFraction == 0 else {
      throw AttendError(
        .invalidInput, "\(section.place) has both \"validation\" and \"validation_fraction\"", hint: "choose one")
    }
    // Known to every kind, so that a field of another kind is told apart from a misspelt one.
    let block = try section.optionalInteger("block_size", in: 1...1 << 20)
    let order: Order? = section.value("order") == nil ? nil : try section.choice("order")
    let bucketing: Bool? = section.value("bucketing") == nil ? nil : try section.bool("bucketing", default: true)
    let packing = try section.bool("packing", default: false)
    let longest = try section.optionalInteger("longest", in: 1...1 << 20)
    tooLong = try section.choice("too_long", default: .truncate)
    try section.finish()
    isPacked = kind == .text || packing
    if packing, kind != .lines { throw Self.misplaced("packing", section, "lines") }
    if block != nil, !isPacked { throw Self.misplaced("block_size", section, "text, or lines with packing") }
    if longest != nil, isPacked { throw Self.misplaced("longest", section, "lines without packing, or pairs") }
    if bucketing == true, isPacked { throw Self.misplaced("bucketing", section, "lines without packing, or pairs") }
    if order == .random, !isPacked {
      throw AttendError(
        .invalidInput, "\(section.place).order is \"random\", which draws blocks from a text",
        hint: "use \"shuffled\" or \"sequential\" for this kind of data")
    }
    blockSize = block
    self.longest = longest
    self.order = order ?? (isPacked ? .random : .shuffled)
    isBucketed = !isPacked && self.order == .shuffled && bucketing ?? true
  }

  private static func misplaced(_ field: String, _ section: ConfigurationSection, _ kinds: String) -> AttendError {
    AttendError(
      .invalidInput, "\(section.place).\(field) has no meaning here", hint: "it belongs to data of the kind \(kinds)")
  }
}
