import AttendBase
import AttendFormats
import AttendGeneration
import AttendModels
import AttendTensor
import AttendText

/// An encoder-decoder that runs: give it texts, get their translations.
///
/// ```swift
/// let translator = try await Translator.load(from: .directory("en-fr"))
/// let translations = try await translator.translate(["I love deep learning"])
/// ```
///
/// A value to pass around freely: copies share the weights. Requests from any number of tasks queue and run one after
/// another on a thread of the model's own, never on Swift's cooperative pool.
public struct Translator: Sendable {
  /// What the checkpoint is.
  public let info: ModelInfo
  /// How numbers are kept and multiplied.
  public let precision: Precision
  /// Bytes that the loaded weights take.
  public let weightBytes: Int
  package let model: any SequenceToSequenceModel
  package let tokenizer: any Tokenizer
  private let thread: ComputeThread

  /// Opens a model and packs its weights for this machine.
  /// - Parameter precision: nil for `.fast` where it costs nothing or the processor has bfloat16 products, else `.exact`.
  /// - Throws: `not-found`, `damaged-file`, `unsupported` (also for a language model, which does not translate),
  ///   `parameter-mismatch`, `limit-exceeded`, `system`.
  public static func load(from location: ModelLocation, precision: Precision? = nil) async throws -> Translator {
    try await load(precision: precision) { try Checkpoint(path: location.path) }
  }

  /// Packs the weights of an open checkpoint, such as one inside the program.
  package static func load(
    precision: Precision? = nil, _ open: @escaping @Sendable () throws -> Checkpoint
  ) async throws -> Translator {
    let thread = try ComputeThread(name: "attend")
    return try await thread.run {
      let checkpoint = try open()
      let chosen = precision ?? ModelRegistry.defaultPrecision(of: checkpoint)
      let before = Hardware.allocatedBytes
      let model = try ModelRegistry.loadSequenceToSequence(checkpoint, precision: chosen)
      let weightBytes = max(Hardware.allocatedBytes - before, 0)
      guard let tokenizer = try checkpoint.readTokenizer() else {
        throw AttendError(
          .unsupported, "\(checkpoint.path): there is no tokenizer beside the weights",
          hint: "put the model's tokenizer.json into the same folder")
      }
      return Translator(
        info: ModelInfo(checkpoint), precision: chosen, weightBytes: weightBytes, model: model, tokenizer: tokenizer,
        thread: thread)
    }
  }

  /// The longest text, in tokens.
  public var longestSource: Int { model.maximumSourceLength - 1 }

  /// Translates texts, each by itself: a translation does not depend on the other texts of the call. A text of nothing
  /// but white space is translated to an empty one.
  /// - Throws: `context-overflow` for a text that is too long, with its number; `not-a-number`, `limit-exceeded`,
  ///   `CancellationError`.
  public func translate(
    _ texts: [String], _ options: TranslationOptions = TranslationOptions()
  ) async throws -> [Translation] {
    try await translate(texts, options, numbering: (name: "text", first: 1))
  }

  /// Translates one text.
  public func translate(_ text: String, _ options: TranslationOptions = TranslationOptions()) async throws
    -> Translation
  {
    try await translate([text], options)[0]
  }

  /// - Parameter numbering: what texts are called in messages, and the number of the first.
  package func translate(
    _ texts: [String], _ options: TranslationOptions, numbering: (name: String, first: Int)
  ) async throws -> [Translation] {
    let cancellation = Locked(false)
    return try await withTaskCancellationHandler {
      try await thread.run { [self] in
        let isCancelled = { cancellation.withLock { $0 } }
        return try search(model, texts, options, numbering, isCancelled)
      }
    } onCancel: {
      cancellation.withLock { $0 = true }
    }
  }

  /// Runs `body` on the translator's thread.
  func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await thread.run(body)
  }

  private func search<Model: SequenceToSequenceModel>(
    _ model: Model, _ texts: [String], _ options: TranslationOptions, _ numbering: (name: String, first: Int),
    _ isCancelled: @escaping () -> Bool
  ) throws -> [Translation] {
    try options.check()
    var sources: [[Int32]] = []
    var places: [Int] = []
    for (index, text) in texts.enumerated() {
      let ids = try tokenizer.encode(text.trimmed)
      guard !ids.isEmpty else { continue }
      guard ids.count <= longestSource else {
        throw AttendError(
          .contextOverflow,
          "\(numbering.name) \(numbering.first + index) has \(ids.count) tokens, and the model reads at most \(longestSource)",
          hint: "cut it into sentences")
      }
      sources.append(model.ended(ids))
      places.append(index)
    }
    var results = texts.map { _ in Translation(text: "", score: 0, isComplete: true) }
    let found = try TargetSearch(model, options, isCancelled: isCancelled).run(sources)
    for ((place, source), target) in zip(zip(places, sources), found) {
      results[place] = translation(source, target)
    }
    return results
  }

  private func translation(_ source: [Int32], _ target: TargetSequence) -> Translation {
    var result = Translation(
      text: tokenizer.decode(target.tokens, skipSpecial: true).trimmed, score: target.score,
      isComplete: target.isComplete)
    if let weights = target.alignment {
      // The tokens that end both sides are the model's, not the reader's.
      result.alignment = Alignment(
        source: source.dropLast().map { Array(tokenizer.bytes(of: $0)) },
        target: target.tokens.map { Array(tokenizer.bytes(of: $0)) },
        weights: weights.prefix(target.tokens.count).map { Array($0.dropLast()) })
    }
    return result
  }
}

/// A text in another language.
public struct Translation: Sendable {
  public var text: String
  /// log P(translation | source) / tokens^α; see ``TranslationOptions/lengthPenalty``.
  public var score: Double
  /// Whether the model ended it; otherwise it was cut at the longest allowed length.
  public var isComplete: Bool
  /// On request; nil for a model without attention.
  public var alignment: Alignment?
}

extension String {
  /// Without white space at both ends.
  package var trimmed: String {
    let scalars = unicodeScalars
    guard let first = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
      let last = scalars.lastIndex(where: { !$0.properties.isWhitespace })
    else { return "" }
    return String(scalars[first...last])
  }
}
