namespace SafeClockin.Data.WeChat;

/// <summary>Sends one request and reads one answer of a bounded size, within the request's cancellation.</summary>
internal sealed class SingleRequestHandler : DelegatingHandler
{
    private const long LargestAnswer = 64 * 1024;

    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        // The platform sends a request without a body again by itself when the peer closes before it answers, and a
        // second request finds the code used. It never does so once a body has begun, be it an empty one.
        request.Content ??= new ByteArrayContent([]);
        var response = await base.SendAsync(request, cancellationToken);
        try
        {
            await response.Content.LoadIntoBufferAsync(LargestAnswer, cancellationToken);
            return response;
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }
}
