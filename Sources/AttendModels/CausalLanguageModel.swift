import AttendNN
import AttendTensor

/// A decoder that predicts the next token.
public protocol CausalLanguageModel: Sendable {
  var vocabularySize: Int { get }
  /// Positions that the model was made for.
  var contextLength: Int { get }
  /// What its layers remember per position.
  var cacheShape: KeyValueShape { get }

  /// How positions are encoded in a sequence that may come to `reach` of them: sequences of the same form share keys and
  /// values where their tokens are the same. 0 for models that encode all sequences alike.
  func positionForm(reach: Int) -> Int

  /// - Parameter tokens: `[tokens]`, int32: the batch's sequences end to end; `pass` says where each one starts. Ids are
  ///   below `vocabularySize` and positions below `contextLength`: the boundary checks.
  /// - Returns: logits, `[tokens, vocabulary]`, or of the rows alone that the pass asks for.
  func callAsFunction(_ tokens: Tensor, _ pass: inout ForwardPass) -> Tensor
}

extension CausalLanguageModel {
  public func positionForm(reach: Int) -> Int { 0 }
}
