import AttendNN
import AttendTensor

/// A decoder that predicts the next token.
public protocol CausalLanguageModel: Sendable {
  var vocabularySize: Int { get }
  /// Positions that the model was made for.
  var contextLength: Int { get }
  /// What its layers remember per position.
  var cacheShape: KeyValueShape { get }

  /// - Parameter tokens: `[tokens]`, int32: the batch's sequences end to end; `pass` says where each one starts. Ids are
  ///   below `vocabularySize` and positions below `contextLength`: the boundary checks.
  /// - Returns: logits, `[tokens, vocabulary]`, or of the rows alone that the pass asks for.
  func callAsFunction(_ tokens: Tensor, _ pass: inout ForwardPass) -> Tensor
}
