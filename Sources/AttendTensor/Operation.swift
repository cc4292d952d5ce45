/// The name of every differentiable operation: what ``Tensor`` records on the tape.
///
/// The gradient harness checks each of these against central differences, and fails when one has no case.
package enum Operation: String, Sendable, CaseIterable {
  /// The start of differentiation; not an operation itself.
  case leaf
  /// A block whose inner operations are computed again in the backward pass.
  case checkpoint
  // Views and copies.
  case contiguous, reshaped, permuted, sliced, expanded, concatenated, cast
  // Elementwise.
  case add, subtract, multiply, divide, maximum, minimum, power, select
  case addScalar, multiplyScalar, powerScalar, reciprocalScalar
  case negate, abs, exp, log, sqrt, rsqrt, reciprocal, squared, sin, cos, tanh, sigmoid, erf, relu, silu, gelu
  case gatedActivation
  // Reductions and rows.
  case sum, max, min, softmax, logSoftmax, logSumExp, layerNorm, rmsNorm, addRMSNorm, rotary
  case crossEntropy, binaryCrossEntropy, dropout
  // Products and indexing.
  case matmul, linear, gather, takeAlong, scatterAdd
  // Whole sequences.
  case attention, rnn, lstm, gru, ctc
  // What the windows of a convolution see.
  case windows
}
