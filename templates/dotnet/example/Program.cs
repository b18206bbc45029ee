var app = WebApplication.CreateBuilder(args).Build();

app.MapGet("/", () => "Hello from Slipway, by .NET");

app.Run();
