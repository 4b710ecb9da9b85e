using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.Mvc.ViewFeatures;

namespace SafeClockin.Api.Hosting;

/// <summary>What the index page needs of the framework, and what it does not.</summary>
internal static class IndexPage
{
    /// <summary>
    /// Leaves out what MVC brings along for TempData, encrypted cookies that nothing here uses: a filter around each action,
    /// and an encryption key that is made at the start and written to the home folder.
    /// </summary>
    public static IMvcBuilder RemoveTempData(this IMvcBuilder mvc)
    {
        mvc.Services.Remove(mvc.Services.Single(service =>
            service.ServiceType == typeof(IHostedService)
            && service.ImplementationType?.Assembly == typeof(KeyManagementOptions).Assembly));
        return mvc.AddMvcOptions(options =>
            options.Filters.Remove(options.Filters.OfType<SaveTempDataAttribute>().Single()));
    }

    /// <summary>
    /// The page's files, which browsers keep for as long as they are asked for with the fingerprint of their content, as
    /// the page names them. (Mapped static assets would answer 405 instead of 404 to every unknown path while developing.)
    /// </summary>
    public static void UseAssets(this WebApplication app)
    {
        var fingerprints = app.Services.GetRequiredService<IFileVersionProvider>();
        app.UseStaticFiles(new StaticFileOptions
        {
            OnPrepareResponse = file =>
            {
                var request = file.Context.Request;
                var isOwn = request.Query["v"] is [{ Length: > 0 } fingerprint]
                    && fingerprints.AddFileVersionToPath(request.PathBase, request.Path) == $"{request.Path}?v={fingerprint}";
                file.Context.Response.Headers.CacheControl = isOwn ? "public, max-age=31536000, immutable" : "no-cache";
            },
        });
    }
}
