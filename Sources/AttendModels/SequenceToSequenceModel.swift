import AttendBase
import AttendNN
import AttendTensor

/// An encoder-decoder: reads a source, then predicts a target token by token. Sutskever et al. 2014, arXiv:1409.3215.
///
/// One convention for all families, so that training, scoring and generation agree: sources and targets both end with
/// `endToken` (see ``ended(_:)``), and the decoder is given `startToken` and the target without its last token.
///
/// Ids are below the vocabulary sizes, sequences not empty and at most `maximumSourceLength` and `maximumTargetLength`
/// long: the boundary checks (``check(source:)``).
public protocol SequenceToSequenceModel: Sendable {
  /// Tokens that a target is made of.
  var vocabularySize: Int { get }
  /// Tokens that a source is made of.
  var sourceVocabularySize: Int { get }
  /// The longest source, end token included.
  var maximumSourceLength: Int { get }
  /// The longest target, end token included.
  var maximumTargetLength: Int { get }
  /// What the decoder sees before the first token. Never predicted.
  var startToken: Int32 { get }
  /// The token that ends sources and targets.
  var endToken: Int32 { get }
  /// Tokens that no target holds, such as padding.
  var neverPredicted: Set<Int32> { get }

  /// Teacher forcing: what the model predicts at each place of known targets.
  /// - Parameters:
  ///   - source: one sequence for each target.
  ///   - target: what is to be predicted.
  ///   - pass: its luggage alone (training, observer) is used; where sequences lie is told by their lengths.
  /// - Returns: logits, `[tokens of all targets, vocabularySize]`, the targets end to end: row i belongs to token i and
  ///   was computed from the source and the target's tokens before i.
  func logits(source: [[Int32]], target: [[Int32]], _ pass: inout ForwardPass) -> Tensor

  /// Which source tokens each token of known targets was predicted from.
  /// - Returns: for each pair `[target tokens, source tokens]`, rows adding up to 1; nil for a model without attention.
  func alignments(source: [[Int32]], target: [[Int32]]) -> [Tensor]?

  /// What the decoder knows of one source and of the tokens it was given so far. A value whose copies share memory, so
  /// that hypotheses split by assignment.
  associatedtype DecoderState: Sendable

  /// Reads sources, each of which then waits for `startToken`.
  /// - Throws: `limit-exceeded` when there is no memory.
  func encode(_ sources: [[Int32]]) throws -> [DecoderState]

  /// Gives each state one more token. A row does not depend on the other rows.
  /// - Returns: logits of what comes next, `[states, vocabularySize]`.
  /// - Throws: `limit-exceeded` when there is no memory.
  func step(_ tokens: [Int32], _ states: inout [DecoderState]) throws -> Tensor
}

extension SequenceToSequenceModel {
  public var neverPredicted: Set<Int32> { [] }

  /// A text's ids as encoder and loss want them: with the end token behind.
  public func ended(_ ids: [Int32]) -> [Int32] { ids + [endToken] }

  /// Whether a source is one that the model can read; call it where sources come from outside.
  /// - Throws: `invalid-input`, `context-overflow`.
  public func check(source: [Int32]) throws(AttendError) {
    try Self.check(source, "the source", vocabulary: sourceVocabularySize, longest: maximumSourceLength)
  }

  /// Whether a target is one that the model could predict.
  /// - Throws: `invalid-input`, `context-overflow`.
  public func check(target: [Int32]) throws(AttendError) {
    try Self.check(target, "the target", vocabulary: vocabularySize, longest: maximumTargetLength)
  }

  private static func check(
    _ ids: [Int32], _ what: String, vocabulary: Int, longest: Int
  ) throws(AttendError) {
    guard !ids.isEmpty else { throw AttendError(.invalidInput, "\(what) is empty") }
    guard ids.count <= longest else {
      throw AttendError(
        .contextOverflow, "\(what) has \(ids.count) tokens, its end included, and the model reads at most \(longest)",
        hint: "cut it into shorter pieces")
    }
    for id in ids where id < 0 || Int(id) >= vocabulary {
      throw AttendError(
        .invalidInput, "a token of \(what) is \(id), outside the model's vocabulary of \(vocabulary)",
        hint: "do tokenizer and model belong together?")
    }
  }

  /// What the decoder is given for known targets: the start token, then all but the last.
  package func shifted(_ target: [[Int32]]) -> [Int32] {
    target.flatMap { [startToken] + $0.dropLast() }
  }
}
