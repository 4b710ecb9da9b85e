using Microsoft.AspNetCore.Mvc;

namespace SafeClockin.Api.Controllers;

/// <summary>The page for people.</summary>
public sealed class HomeController : Controller
{
    /// <summary>The index page. It asks for nothing itself: its script fetches the count.</summary>
    [HttpGet("/")]
    public IActionResult Index() => View();
}
