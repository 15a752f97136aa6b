import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.UUID;
import java.util.regex.Pattern;

/** Uploads with java.net.http, which leaves the form to its users; see ../README.md. */
public class Upload {
    private static final HttpClient CLIENT = HttpClient.newHttpClient();
    private static final PrintStream OUT = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    private static final Pattern CONTENTS = Pattern.compile("\"url\":\"([^\"]+)\"");

    public static void main(String[] arguments) throws IOException, InterruptedException {
        String url = arguments[0];
        for (String line : Files.readAllLines(Path.of(arguments[1]), StandardCharsets.UTF_8)) {
            String[] fields = line.split("\t");
            byte[] content = Files.readAllBytes(Path.of(fields[2]));
            String boundary = UUID.randomUUID().toString();
            byte[] form = form(boundary, fields[0], fields[1], fields[3], content);
            upload(url, "java", boundary, BodyPublishers.ofByteArray(form), content);
            BodyPublisher chunked = BodyPublishers.fromPublisher(BodyPublishers.ofByteArray(form));
            upload(url, "java, chunked", boundary, chunked, content);
        }
    }

    private static byte[] form(
            String boundary, String purpose, String type, String name, byte[] content)
            throws IOException {
        ByteArrayOutputStream form = new ByteArrayOutputStream();
        String escaped = name.replace("\"", "%22");
        String head = "--" + boundary + "\r\n"
                + "Content-Disposition: form-data; name=\"purpose\"\r\n\r\n" + purpose + "\r\n"
                + "--" + boundary + "\r\n"
                + "Content-Disposition: form-data; name=\"file\"; filename=\"" + escaped + "\"\r\n"
                + "Content-Type: " + type + "\r\n\r\n";
        form.write(head.getBytes(StandardCharsets.UTF_8));
        form.write(content);
        form.write(("\r\n--" + boundary + "--\r\n").getBytes(StandardCharsets.UTF_8));
        return form.toByteArray();
    }

    private static void upload(
            String url, String client, String boundary, BodyPublisher form, byte[] content)
            throws IOException, InterruptedException {
        HttpRequest request = request(url + "/v1/files")
                .header("Content-Type", "multipart/form-data; boundary=" + boundary)
                .POST(form)
                .build();
        HttpResponse<String> answer =
                CLIENT.send(request, BodyHandlers.ofString(StandardCharsets.UTF_8));
        boolean same = answer.statusCode() == 201 && Arrays.equals(content, contents(url, answer));
        String word = same ? "same" : "different";
        String text = answer.body().replace("\n", " ");
        OUT.println(client + "\t" + answer.statusCode() + "\t" + word + "\t" + text);
    }

    private static byte[] contents(String url, HttpResponse<String> answer)
            throws IOException, InterruptedException {
        var found = CONTENTS.matcher(answer.body());
        if (!found.find()) {
            return new byte[0];
        }
        HttpRequest request = request(url + found.group(1)).build();
        return CLIENT.send(request, BodyHandlers.ofByteArray()).body();
    }

    private static HttpRequest.Builder request(String url) {
        String key = System.getenv("DOSSIER_KEY");
        return HttpRequest.newBuilder(URI.create(url)).header("Authorization", "Bearer " + key);
    }
}
