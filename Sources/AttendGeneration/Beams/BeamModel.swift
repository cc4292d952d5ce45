import AttendTensor

/// What a beam search continues.
protocol BeamModel {
  /// What the model knows of a hypothesis. A value whose copies share memory, so that hypotheses split by assignment.
  associatedtype State

  var vocabularySize: Int { get }

  /// Gives each state the newest token of its hypothesis; nil for one without tokens. A row does not depend on the others.
  /// - Returns: logits of what comes next, `[states, vocabularySize]`.
  func step(_ tokens: [Int32?], _ states: inout [State]) throws -> Tensor

  /// The tokens that may come next, nil for all. What is left out keeps its share of the probability.
  func allowed(_ state: inout State) throws -> TokenSet?
}
