import AttendBase
import AttendFormats
import AttendNN
import AttendTensor

/// Tells speech from other sound, 32 ms at a time: a short-time spectrum, four convolutions over time, an LSTM that
/// remembers what came before, and one probability.
///
/// Runs the published weights of Silero VAD 6 (https://github.com/snakers4/silero-vad), the initialisers of
/// `silero_vad_16k_sequence.onnx`.
public struct VoiceActivity: Sendable {
  /// Samples that one probability is about, at 16,000 a second.
  public static let windowLength = 512
  /// Samples before a window that are looked at, too.
  private static let context = 64
  private static let (frame, hop, bins) = (256, 128, 129)
  private static let width = 128

  private struct Convolution: Sendable {
    /// `[3 · channels, outputs]`, so that three neighbouring columns of the input are one row.
    let weight: Tensor
    let bias: Tensor
    let stride: Int
  }

  /// Sines and cosines of the spectrum, `[frame, 2 · bins]`.
  private let basis: Tensor
  private let convolutions: [Convolution]
  private let memory: RecurrentNetwork
  private let output: Tensor
  private let outputBias: Double

  /// - Throws: `parameterMismatch` when the file is of another model; what ``ONNXFile`` throws.
  public init(path: String) throws {
    let graph = try ONNXFile(path: path).graph
    let weights = graph.initializers
    basis = try weights.floats("stft.forward_basis_buffer", [2 * Self.bins, 1, Self.frame])
      .reshaped([2 * Self.bins, Self.frame]).transposed(0, 1).contiguous()
    let shapes = [(Self.bins, 128, 1), (128, 64, 2), (64, 64, 2), (64, 128, 1)]
    convolutions = try shapes.enumerated().map { layer, shape throws in
      let (inputs, outputs, stride) = shape
      // [outputs, inputs, 3] → [3 · inputs, outputs].
      let weight = try weights.floats("encoder.\(layer).weight", [outputs, inputs, 3]).permuted([2, 1, 0])
      return Convolution(
        weight: weight.contiguous().reshaped([3 * inputs, outputs]),
        bias: try weights.floats("encoder.\(layer).bias", [outputs]), stride: stride)
    }
    let gates = ONNXGates.lstm(hidden: Self.width)
    guard let layer = graph.nodes.first(where: { $0.operatorType == "LSTM" }), layer.inputs.count > 3 else {
      throw AttendError(.parameterMismatch, "\(path): there is no LSTM layer")
    }
    memory = RecurrentNetwork(
      cell: gates.cell,
      weights: [
        gates.weights(
          input: try weights.floats(layer.inputs[1], [1, 4 * Self.width, Self.width]),
          recurrent: try weights.floats(layer.inputs[2], [1, 4 * Self.width, Self.width]),
          bias: try weights.floats(layer.inputs[3], [1, 8 * Self.width]), direction: 0)
      ])
    output = try weights.floats("output.weight", [1, Self.width, 1]).reshaped([Self.width, 1])
    outputBias = try weights.floats("output.bias", [1]).item()
  }

  /// The probability of speech in each whole window.
  /// - Parameter samples: 16,000 a second, from −1 to 1.
  public func callAsFunction(_ samples: [Float]) -> [Float] {
    let windows = samples.count / Self.windowLength
    guard windows > 0 else { return [] }
    var features: [Tensor] = []
    features.reserveCapacity(windows)
    for window in 0..<windows { features.append(encode(padded(samples, window))) }
    var pass = ForwardPass(lengths: [windows])
    let states = memory(.concatenated(features, axis: 0), &pass).output
    return (states.relu().matmul(output) + outputBias).sigmoid().scalars(Float.self)
  }

  /// A window with its context, mirrored at both ends, as frames `[4, frame]`.
  private func padded(_ samples: [Float], _ window: Int) -> Tensor {
    let start = window * Self.windowLength - Self.context
    let length = Self.windowLength + Self.context
    // The window's sample at a place that may lie outside it, mirrored without repeating the edge.
    func sample(_ place: Int) -> Float {
      let inside = place < 0 ? -place : place >= length ? 2 * (length - 1) - place : place
      return start + inside < 0 ? 0 : samples[start + inside]
    }
    // The first frame is left out, as the published model does.
    let frames = (1...4).flatMap { frame in
      (0..<Self.frame).map { sample(frame * Self.hop + $0 - Self.frame / 2) }
    }
    return Tensor(frames, shape: [4, Self.frame])
  }

  /// `[1, width]` of the frames of a window.
  private func encode(_ frames: Tensor) -> Tensor {
    let spectrum = frames.matmul(basis)
    let (real, imaginary) = (
      spectrum.sliced(axis: 1, 0..<Self.bins), spectrum.sliced(axis: 1, Self.bins..<2 * Self.bins)
    )
    var x = (real.squared() + imaginary.squared()).sqrt()
    for convolution in convolutions {
      let (times, channels) = (x.shape[0], x.shape[1])
      // One column of zeros on either side.
      let edge = Tensor.zeros([1, channels])
      let padded = Tensor.concatenated([edge, x, edge], axis: 0)
      let steps = (times - 1) / convolution.stride + 1
      let rows = (0..<steps).flatMap { step in (0..<3).map { Int32(step * convolution.stride + $0) } }
      let windows = padded.gather(rows: Tensor(rows)).reshaped([steps, 3 * channels])
      x = (windows.matmul(convolution.weight) + convolution.bias).relu()
    }
    return x
  }
}
