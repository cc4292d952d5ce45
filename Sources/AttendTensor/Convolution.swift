/// How the windows of a convolution lie: one number for each axis of the input after batch and channels.
public struct ConvolutionOptions: Sendable, Hashable {
  /// Steps between neighbouring windows.
  public var stride: [Int]
  /// Zeros added at both ends.
  public var padding: [Int]
  /// Steps between the places of one window.
  public var dilation: [Int]
  /// Parts of the channels that do not see each other.
  public var groups: Int

  public init(stride: [Int], padding: [Int], dilation: [Int], groups: Int = 1) {
    self.stride = stride
    self.padding = padding
    self.dilation = dilation
    self.groups = groups
  }

  /// Windows along an axis of `extent`: ⌊(extent + 2·padding − dilation·(kernel − 1) − 1)/stride⌋ + 1, at least 0.
  public func count(axis: Int, extent: Int, kernel: Int) -> Int {
    let room = extent + 2 * padding[axis] - dilation[axis] * (kernel - 1) - 1
    return room < 0 ? 0 : room / stride[axis] + 1
  }
}

extension Tensor {
  /// Cross-correlation along one or two axes, as PyTorch's `conv1d` and `conv2d`.
  ///
  /// y[n, o, p] = b[o] + Σ over channels c of o's group and places k of w[o, c, k] · x[n, c, stride·p + dilation·k − padding].
  /// - Parameters:
  ///   - self: `[batch, channels, length]` or `[batch, channels, height, width]`.
  ///   - weight: `[outputs, channels/groups, extent]` or `[outputs, channels/groups, height, width]`.
  ///   - bias: `[outputs]`.
  /// - Returns: `[batch, outputs, windows]` or `[batch, outputs, rows of windows, windows]`.
  public func convolution(weight: Tensor, bias: Tensor? = nil, options: ConvolutionOptions) -> Tensor {
    let axes = rank - 2
    guard axes == 1 || axes == 2, weight.rank == rank, options.groups > 0,
      weight.shape[1] * options.groups == shape[1], weight.shape[0] % options.groups == 0,
      [options.stride, options.padding, options.dilation].allSatisfy({ $0.count == axes }),
      options.stride.allSatisfy({ $0 > 0 }), options.dilation.allSatisfy({ $0 > 0 }),
      options.padding.allSatisfy({ $0 >= 0 }), bias.map({ $0.shape == [weight.shape[0]] }) ?? true
    else { shapeMismatch("convolution", shape, weight.shape) }
    if axes == 1 {
      let flat = ConvolutionOptions(
        stride: [1] + options.stride, padding: [0] + options.padding, dilation: [1] + options.dilation,
        groups: options.groups)
      return unsqueezed(2).convolution(weight: weight.unsqueezed(2), bias: bias, options: flat).squeezed(2)
    }
    let (batch, outputs, groups) = (shape[0], weight.shape[0], options.groups)
    let windows = windows([weight.shape[2], weight.shape[3]], options)
    let (rows, columns) = (windows.shape[4], windows.shape[5])
    let depth = weight.shape[1] * weight.shape[2] * weight.shape[3]
    let product = weight.reshaped([groups, outputs / groups, depth])
      .matmul(windows.reshaped([batch, groups, depth, rows * columns]))
    let result = product.reshaped([batch, outputs, rows, columns])
    return bias.map { result + $0.reshaped([outputs, 1, 1]) } ?? result
  }

  /// What each window sees: `[batch, channels, kernel height, kernel width, rows, columns]` of
  /// `[batch, channels, height, width]`, zero in the padding. A view where there is none.
  package func windows(_ kernel: [Int], _ options: ConvolutionOptions) -> Tensor {
    var x = detached()
    for axis in 0..<2 where options.padding[axis] > 0 {
      let zeros = Tensor.zeros(x.shape.replacing(axis: 2 + axis, with: options.padding[axis]), dtype)
      x = .concatenated([zeros, x, zeros], axis: 2 + axis)
    }
    let counts = (0..<2).map { options.count(axis: $0, extent: shape[2 + $0], kernel: kernel[$0]) }
    let extents = [shape[0], shape[1], kernel[0], kernel[1], counts[0], counts[1]]
    let strides = [
      x.strides[0], x.strides[1], x.strides[2] * options.dilation[0], x.strides[3] * options.dilation[1],
      x.strides[2] * options.stride[0], x.strides[3] * options.stride[1],
    ]
    let output = Tensor(
      box: TensorBox(
        storage: x.box.storage, shape: Shape(extents), strides: Dimensions(strides), offset: x.box.offset,
        dtype: dtype))
    return record(.windows, output, from: self) { [shape] upstream in upstream.addedWindows(shape, options) }
  }

  /// The transpose of ``windows(_:_:)``: each place of `shape` gets the sum of what the windows over it hold.
  private func addedWindows(_ shape: Shape, _ options: ConvolutionOptions) -> Tensor {
    switch dtype {
    case .float32: addedWindows(shape, options, Float.self)
    case .float64: addedWindows(shape, options, Double.self)
    default: cast(to: .float32).addedWindows(shape, options, Float.self).cast(to: dtype)
    }
  }

  private func addedWindows<T: BinaryFloatingPoint>(
    _ shape: Shape, _ options: ConvolutionOptions, _ type: T.Type
  ) -> Tensor {
    let source = contiguous()
    let output = Tensor.zeros(shape, dtype)
    let (height, width) = (shape[2], shape[3])
    let extents = (2..<6).map { self.shape[$0] }
    let (rows, columns, size) = (extents[2], extents[3], extents.reduce(1, *))
    let (from, to) = (source.pointer(T.self), output.pointer(T.self))
    defer { withExtendedLifetime((source, output)) {} }
    parallelFor(shape[0] * shape[1], grain: Swift.max(1, (1 << 14) / Swift.max(size, 1))) { planes in
      for plane in planes {
        let image = to + plane * height * width
        var next = from + plane * size
        for i in 0..<extents[0] {
          for j in 0..<extents[1] {
            for row in 0..<rows {
              let y = row * options.stride[0] + i * options.dilation[0] - options.padding[0]
              defer { next += columns }
              guard y >= 0 && y < height else { continue }
              let line = image + y * width
              var x = j * options.dilation[1] - options.padding[1]
              for column in 0..<columns {
                if x >= 0 && x < width { line[x] += next[column] }
                x += options.stride[1]
              }
            }
          }
        }
      }
    }
    return output
  }
}
