// Memory for time: a block's inner results are not kept for the backward pass but computed again there.
// Chen et al. 2016, "Training deep nets with sublinear memory cost", arXiv:1604.06174.

extension Tensor {
  /// What `forward` computes from the inputs, keeping only those; the backward pass runs `again`, which must compute the
  /// same, and differentiates that.
  ///
  /// Parameters that the block captures get their gradients too. Anything else that is being differentiated belongs in
  /// `inputs`: captured, it would be walked through to its own leaves, once for every block.
  package static func checkpointed(
    _ inputs: [Tensor], _ forward: ([Tensor]) -> Tensor, again: @escaping @Sendable ([Tensor]) -> Tensor
  ) -> Tensor {
    let leaves = inputs.map { $0.isRecording ? $0.leaf() : $0 }
    let output = forward(leaves)
    let found = output.leafNodes
    guard !found.isEmpty else { return output }
    // An input's leaf stands for that input; the others, parameters, stand for themselves.
    var parents: [Node] = []
    var places: [Int?] = []
    for node in found {
      let place = leaves.firstIndex { $0.node === node }
      guard let parent = place.map({ inputs[$0].node }) ?? node else { continue }
      parents.append(parent)
      places.append(place)
    }
    let detached = inputs.map { $0.detached() }
    let recording = inputs.map(\.isRecording)
    return output.detached().recorded(
      .checkpoint, parents: parents,
      { [parents, places] upstream in
        let fresh = zip(detached, recording).map { $1 ? $0.leaf() : $0 }
        let wanted = zip(parents, places).map { parent, place in place.flatMap { fresh[$0].node } ?? parent }
        return again(fresh).gradients(upstream, ofNodes: wanted)
      })
  }
}
